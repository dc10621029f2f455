//! Checking what came from outside: every fault of a request at once, each with its field.

use crate::FieldFault;
use crate::failure::Invalid;

/// Collects the faults of a request.
#[derive(Debug, Default)]
pub struct Checks(Vec<FieldFault>);

impl Checks {
    /// Notes a fault of `field` with `code`, unless `ok`.
    pub fn need(&mut self, ok: bool, field: impl Into<String>, code: &str, detail: impl Into<String>) {
        if !ok {
            self.0.push(FieldFault::new(field, code, detail));
        }
    }

    /// A text of `min` to `max` characters. A text of blanks is as good as none, and NUL and other
    /// control characters but tabs and line ends are refused: PostgreSQL cannot store a NUL.
    pub fn text(&mut self, field: impl Into<String>, text: &str, min: usize, max: usize) {
        let length = text.chars().count();
        let is_control = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
        if text.chars().any(is_control) {
            self.need(false, field, "invalid", "control characters are not accepted");
        } else if length > max {
            self.need(false, field, "too_long", format!("at most {max} characters"));
        } else if length < min || (min > 0 && text.trim().is_empty()) {
            self.need(false, field, "too_short", format!("at least {min} characters"));
        }
    }

    /// A number within `min..=max`.
    pub fn range(&mut self, field: impl Into<String>, number: i64, min: i64, max: i64) {
        self.need((min..=max).contains(&number), field, "out_of_range", format!("{min} to {max}"));
    }

    /// At most `max` entries of a list.
    pub fn count(&mut self, field: impl Into<String>, count: usize, max: usize) {
        self.need(count <= max, field, "too_long", format!("at most {max} entries"));
    }

    /// The address of a picture or film: a web address or a path on this server.
    pub fn address(&mut self, field: impl Into<String>, address: &str) {
        let field = field.into();
        self.text(field.clone(), address, 1, 1000);
        let known = ["https://", "http://", "/"].iter().any(|start| address.starts_with(start));
        let plain = !address.chars().any(|c| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '\\'));
        self.need(known && plain, field, "invalid", "a web address or a path that begins with /");
    }

    /// An error when there was any fault.
    pub fn done(self) -> Result<(), Invalid> {
        Invalid::unless_empty(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(check: impl FnOnce(&mut Checks)) -> Vec<String> {
        let mut checks = Checks::default();
        check(&mut checks);
        checks.0.into_iter().map(|fault| fault.code).collect()
    }

    #[test]
    fn texts_are_measured_in_characters() {
        assert!(codes(|c| c.text("t", "苹果", 1, 2)).is_empty());
        assert_eq!(codes(|c| c.text("t", "苹果汁", 1, 2)), ["too_long"]);
        assert_eq!(codes(|c| c.text("t", "  ", 1, 2)), ["too_short"]);
        assert_eq!(codes(|c| c.text("t", "a\0b", 1, 9)), ["invalid"]);
        assert!(codes(|c| c.text("t", "line\nline", 0, 9)).is_empty());
    }

    #[test]
    fn an_address_is_of_the_web_or_ours() {
        assert!(codes(|c| c.address("a", "https://example.com/a.png")).is_empty());
        assert!(codes(|c| c.address("a", "/files/a.png")).is_empty());
        assert_eq!(codes(|c| c.address("a", "javascript:alert(1)")), ["invalid"]);
        assert_eq!(codes(|c| c.address("a", "/files/\"><script>")), ["invalid"]);
    }
}
