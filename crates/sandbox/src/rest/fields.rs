//! Parameters of a query or a form, each once.

use std::collections::BTreeMap;

/// The pieces of a path behind `prefix`, decoded: merchants' codes hold anything.
pub(crate) fn pieces(path: &str, prefix: &str) -> Vec<String> {
    let decoded = |piece: &str| {
        // A plus is a plus in a path.
        let plain = piece.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
        url::form_urlencoded::parse(plain.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
    };
    path.strip_prefix(prefix).unwrap_or(path).split('/').map(decoded).collect()
}

/// Names and values, decoded.
#[derive(Debug, Default)]
pub(crate) struct Fields(BTreeMap<String, String>);

impl Fields {
    /// Reads an encoded query or form; answers the name that came twice.
    pub(crate) fn read(encoded: &[u8]) -> Result<Self, String> {
        let mut fields = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(encoded) {
            if fields.insert(name.to_string(), value.into_owned()).is_some() {
                return Err(name.into_owned());
            }
        }
        Ok(Self(fields))
    }

    /// A value that is neither absent nor empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether the parameter is there, empty or not.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A whole number between `least` and `most`; absent is `preset`, anything else is refused by the name.
    pub(crate) fn number(&self, name: &str, preset: i64, least: i64, most: i64) -> Result<i64, String> {
        let Some(text) = self.0.get(name) else { return Ok(preset) };
        let number = text.parse::<i64>().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| name.to_owned())
    }

    /// The first name that is none of `allowed`.
    pub(crate) fn stranger(&self, allowed: &[&str]) -> Option<&str> {
        self.0.keys().map(String::as_str).find(|name| !allowed.contains(name))
    }

    /// Names and values in byte order.
    pub(crate) fn sorted(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_a_path_hold_anything_that_was_encoded() {
        assert_eq!(pieces("/ebay/offer/A%2FB+C=1&2", "/ebay/"), ["offer", "A/B+C=1&2"]);
        assert_eq!(pieces("/ebay/user/", "/ebay/"), ["user", ""]);
    }

    #[test]
    fn a_parameter_comes_once_and_a_number_within_its_bounds() {
        assert_eq!(Fields::read(b"a=1&a=2").unwrap_err(), "a");
        let fields = Fields::read(b"limit=20&empty=&word=x%20y").unwrap();
        assert_eq!((fields.text("word"), fields.text("empty"), fields.has("empty")), (Some("x y"), None, true));
        assert_eq!(fields.number("limit", 5, 1, 20), Ok(20));
        assert_eq!(fields.number("limit", 5, 1, 19), Err("limit".to_owned()));
        assert_eq!(fields.number("offset", 5, 1, 19), Ok(5));
        assert_eq!(fields.number("word", 5, 1, 19), Err("word".to_owned()));
        assert_eq!(fields.stranger(&["limit", "word"]), Some("empty"));
    }
}
