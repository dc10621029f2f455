//! Parameters of a query or a form, each once.

use std::collections::BTreeMap;

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
