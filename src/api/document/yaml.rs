//! YAML that old readers understand too: the exporter writes YAML 1.2, and a YAML 1.1 reader takes a
//! bare `18:00:00` for a number, `2026-11-23` for a date and `off` for false.

/// The text with every such scalar in quotes.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // The indentation of a key whose value is a block of text: the lines below it are no scalars.
    let mut block: Option<usize> = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        if block.is_some_and(|above| line.trim().is_empty() || indent > above) {
            out.push_str(line);
        } else {
            let start = line.len() - scalar_of(line).len();
            let (before, scalar) = line.split_at(start);
            block = scalar.starts_with(['|', '>']).then_some(indent);
            out.push_str(before);
            if means_something_else(scalar) {
                out.push_str(&format!("'{scalar}'"));
            } else {
                out.push_str(scalar);
            }
        }
        out.push('\n');
    }
    out
}

/// What stands behind the key or the dashes of a line.
fn scalar_of(line: &str) -> &str {
    let mut rest = line.trim_start();
    while let Some(below) = rest.strip_prefix("- ") {
        rest = below.trim_start();
    }
    if rest.starts_with(['\'', '"']) {
        return rest;
    }
    rest.split_once(": ").map_or(rest, |(_, value)| value)
}

/// Whether YAML 1.1 reads a plain scalar as no text where YAML 1.2 reads text: words for booleans,
/// numbers to the base of 60, and times.
fn means_something_else(scalar: &str) -> bool {
    let word = scalar.to_ascii_lowercase();
    if ["y", "n", "yes", "no", "on", "off", "=", "<<"].contains(&word.as_str()) {
        return true;
    }
    let starts_with_a_digit = scalar.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit());
    let of_a_time =
        |c: char| c.is_ascii_digit() || matches!(c, ':' | '-' | '+' | '.' | '_' | 'T' | 't' | 'Z' | 'z' | ' ');
    starts_with_a_digit && scalar.chars().all(of_a_time) && scalar.chars().skip(1).any(|c| matches!(c, ':' | '-'))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn what_an_old_reader_would_misread_is_quoted() {
        let text = "at: 18:00:00\nday: 2026-11-23\nwhen: 2026-11-23T10:00:00Z\nlist:\n- off\n- - no\n  n: 12\n- 7:30\n";
        let safe = "at: '18:00:00'\nday: '2026-11-23'\nwhen: '2026-11-23T10:00:00Z'\nlist:\n- 'off'\n- - 'no'\n  n: 12\n- '7:30'\n";
        assert_eq!(quoted(text), safe);
    }

    #[test]
    fn what_every_reader_understands_stays() {
        let text = "a: true\nb: -12\nc: 1.5\nd: 'off'\ne: from 18:00:00 on\n'200': x\nf: |-\n  at: 18:00:00\n\n  off\ng: null\n";
        assert_eq!(quoted(text), text);
    }
}
