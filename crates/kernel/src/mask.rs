//! Showing personal data without giving it away.

/// A phone number with its middle hidden: `138****0417`.
pub fn phone(number: &str) -> String {
    let digits: Vec<char> = number.chars().collect();
    let keep = if digits.len() >= 11 { 3 } else { 0 };
    let tail = digits.len().saturating_sub(4).max(keep);
    let head: String = digits.iter().take(keep).collect();
    let end: String = digits.iter().skip(tail).collect();
    format!("{head}****{end}")
}

/// A name with all but its first character hidden: `张*`.
pub fn name(name: &str) -> String {
    let hidden = "*".repeat(name.chars().count().saturating_sub(1).clamp(1, 3));
    name.chars().take(1).collect::<String>() + &hidden
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_middle_is_hidden() {
        assert_eq!(super::phone("13800000417"), "138****0417");
        assert_eq!(super::phone("123"), "****123");
        assert_eq!(super::name("张三丰"), "张**");
    }
}
