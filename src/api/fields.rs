//! Checking the fields of a request, so that every fault is told at once.

use kernel::FieldFault;
use kernel::failure::Invalid;
use kernel::place::Place;

/// The faults found so far. Each check gives back the value as it is kept.
#[derive(Default)]
pub struct Fields(Vec<FieldFault>);

impl Fields {
    /// Notes a fault.
    pub fn fault(&mut self, field: &str, code: &str, detail: impl Into<String>) {
        self.0.push(FieldFault::new(field, code, detail));
    }

    /// Notes a fault unless `ok`.
    pub fn need(&mut self, ok: bool, field: &str, detail: &str) {
        if !ok {
            self.fault(field, "out_of_range", detail);
        }
    }

    /// A text on one line, trimmed, of `least` to `most` characters.
    pub fn line(&mut self, field: &str, given: &str, least: usize, most: usize) -> String {
        self.text(field, given, least, most, |c| c.is_control())
    }

    /// A text that may have several lines, of `least` to `most` characters.
    pub fn prose(&mut self, field: &str, given: &str, least: usize, most: usize) -> String {
        self.text(field, given, least, most, |c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    }

    fn text(&mut self, field: &str, given: &str, least: usize, most: usize, bad: fn(char) -> bool) -> String {
        let text = given.trim();
        let length = text.chars().count();
        if length < least {
            let code = if length == 0 { "required" } else { "too_short" };
            self.fault(field, code, format!("at least {least} characters"));
        } else if length > most {
            self.fault(field, "too_long", format!("at most {most} characters"));
        } else if text.chars().any(bad) {
            self.fault(field, "invalid", "control characters are not allowed");
        }
        text.to_owned()
    }

    /// As [`Fields::line`], when given. An empty text is none.
    pub fn line_if(&mut self, field: &str, given: Option<&str>, most: usize) -> Option<String> {
        given.map(|text| self.line(field, text, 0, most)).filter(|text| !text.is_empty())
    }

    /// A telephone number: 5 to 20 digits, blanks, `+` and `-`.
    pub fn phone(&mut self, field: &str, given: &str) -> String {
        let phone = given.trim();
        let legal = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '+' | '-');
        let digits = phone.chars().filter(char::is_ascii_digit).count();
        if !phone.chars().all(legal) || digits < 5 || phone.len() > 20 {
            self.fault(field, "invalid", "5 to 20 digits, blanks, '+' and '-'");
        }
        phone.to_owned()
    }

    /// A picture's address, when given: `https://…`, `http://…` or a path of ours.
    pub fn picture_if(&mut self, field: &str, given: Option<&str>) -> Option<String> {
        let picture = self.line_if(field, given, 512)?;
        if !["https://", "http://", "/"].iter().any(|start| picture.starts_with(start)) {
            self.fault(field, "invalid", "an address that begins with https://, http:// or /");
        }
        Some(picture)
    }

    /// Coordinates in GCJ-02.
    pub fn place(&mut self, lat: f64, lng: f64) -> Place {
        if Place::new(lat, lng).is_err() {
            self.fault("lat", "out_of_range", "lat -90 to 90, lng -180 to 180, not both 0");
        }
        Place { lat, lng }
    }

    /// An error when there was any fault.
    pub fn done(self) -> Result<(), Invalid> {
        Invalid::unless_empty(self.0)
    }
}

/// Tells a field that is `null` from one that was left out: `Some(None)` from `None`.
pub fn null_or<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::Deserialize<'de>,
{
    serde::Deserialize::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_fault_is_told_with_its_field() {
        let mut fields = Fields::default();
        assert_eq!(fields.line("name", " 张三 ", 1, 2), "张三");
        fields.line("title", "", 1, 9);
        fields.line("note", "a\0b", 0, 9);
        fields.prose("detail", "one\ntwo", 0, 9);
        fields.line("long", "四个字了", 0, 3);
        fields.phone("phone", "call me");
        fields.picture_if("avatar", Some("javascript:alert(1)"));
        fields.place(f64::NAN, 1.0);
        let told: Vec<String> = fields.done().unwrap_err().0.into_iter().map(|f| f.field).collect();
        assert_eq!(told, ["title", "note", "long", "phone", "avatar", "lat"]);
    }
}
