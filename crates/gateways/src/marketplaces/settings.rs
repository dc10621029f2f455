//! The credential keys of `[marketplaces.<id>]`, read and checked by each folder.

use std::fmt;

use secrecy::SecretString;
use serde_json::{Map, Value};

use super::Descriptor;

/// One key a marketplace takes; the platform's own word.
#[derive(Clone, Copy, Debug)]
pub struct SettingKey {
    /// Its name in `[marketplaces.<id>]`.
    pub name: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// Whether it is stored sealed and never shown.
    pub secret: bool,
}

impl SettingKey {
    /// A key that must be there and may be shown.
    pub const fn required(name: &'static str) -> Self {
        SettingKey { name, required: true, secret: false }
    }

    /// A key that must be there and is never shown.
    pub const fn secret(name: &'static str) -> Self {
        SettingKey { name, required: true, secret: true }
    }

    /// A key that may be left out.
    pub const fn optional(name: &'static str) -> Self {
        SettingKey { name, required: false, secret: false }
    }
}

/// Everything wrong with one marketplace's settings, at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    /// The marketplace's id.
    pub marketplace: String,
    /// Key and what is wrong with it; never its value.
    pub faults: Vec<(String, String)>,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, (key, fault)) in self.faults.iter().enumerate() {
            let comma = if nth == 0 { "" } else { "; " };
            write!(to, "{comma}marketplaces.{}.{key} {fault}", self.marketplace)?;
        }
        Ok(())
    }
}

impl std::error::Error for SettingsError {}

/// Reads the keys one by one and remembers every fault, so that all are told together.
pub struct SettingsReader<'a> {
    marketplace: &'static str,
    map: &'a Map<String, Value>,
    faults: Vec<(String, String)>,
}

impl<'a> SettingsReader<'a> {
    /// Starts on `map`; keys the marketplace does not take are faults.
    pub fn new(descriptor: &Descriptor, map: &'a Map<String, Value>) -> Self {
        Self::of(descriptor.id, descriptor.settings, map)
    }

    /// The same for any keys: an account's data.
    pub fn of(marketplace: &'static str, keys: &[SettingKey], map: &'a Map<String, Value>) -> Self {
        let known = |name: &str| keys.iter().any(|key| key.name == name);
        let mut reader = SettingsReader { marketplace, map, faults: Vec::new() };
        for name in map.keys().filter(|name| !known(name)) {
            reader.fault(name, "is not a setting of this marketplace");
        }
        for key in keys.iter().filter(|key| key.required) {
            if reader.value(key.name).is_none() {
                reader.fault(key.name, "is missing or empty");
            }
        }
        reader
    }

    /// A text that must be there (its absence is already a fault).
    pub fn text(&mut self, name: &str) -> String {
        self.optional(name).unwrap_or_default()
    }

    /// A secret that must be there.
    pub fn secret(&mut self, name: &str) -> SecretString {
        SecretString::from(self.text(name))
    }

    /// A text that may be left out.
    pub fn optional(&mut self, name: &str) -> Option<String> {
        match self.value(name) {
            Some(Value::String(text)) => Some(text.trim().to_owned()),
            // TOML writers leave the quotes off numeric ids.
            Some(Value::Number(number)) if number.is_i64() || number.is_u64() => Some(number.to_string()),
            Some(_) => {
                self.fault(name, "must be a text");
                None
            }
            None => None,
        }
    }

    /// Records a fault found by the folder itself.
    pub fn fault(&mut self, name: &str, what: &str) {
        self.faults.push((name.to_owned(), what.to_owned()));
    }

    /// The finished value, or every fault found.
    pub fn finish<T>(self, value: T) -> Result<T, SettingsError> {
        if self.faults.is_empty() {
            return Ok(value);
        }
        Err(SettingsError { marketplace: self.marketplace.to_owned(), faults: self.faults })
    }

    fn value(&self, name: &str) -> Option<&'a Value> {
        self.map.get(name).filter(|value| match value {
            Value::Null => false,
            Value::String(text) => !text.trim().is_empty(),
            _ => true,
        })
    }
}
