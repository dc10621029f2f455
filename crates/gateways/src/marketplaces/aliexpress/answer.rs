//! Opening an answer: with all its wrappers, or with those gone that `simplify` takes away.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::HttpReply;
use super::super::loose::Loose;

type Fields = BTreeMap<String, Box<RawValue>>;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Outcome {
    success: Loose,
    error_code: Loose,
    error_message: Loose,
}

/// The result of `method` in an answer that has been let pass.
pub fn result<T: DeserializeOwned>(reply: &HttpReply, method: &str) -> Result<T, ApiError> {
    let whole: Box<RawValue> = reply.json()?;
    let inner = inside(&whole, &format!("{}_response", method.replace('.', "_")));
    let inner = inner.as_deref().unwrap_or(&whole);
    let result = inside(inner, "result");
    let result = result.as_deref().unwrap_or(inner);
    let outcome: Outcome = serde_json::from_str(result.get()).unwrap_or_default();
    if outcome.success.text() == Some("false") {
        let code = outcome.error_code.text().unwrap_or("refused");
        return Err(ApiError::new(ErrorClass::Business, code, outcome.error_message.text().unwrap_or_default()));
    }
    serde_json::from_str(result.get())
        .map_err(|error| ApiError::malformed(format!("result, line {} column {}", error.line(), error.column())))
}

/// The object that `raw` holds under `name`.
fn inside(raw: &RawValue, name: &str) -> Option<Box<RawValue>> {
    let mut fields: Fields = serde_json::from_str(raw.get()).ok()?;
    fields.remove(name).filter(|value| value.get().starts_with('{'))
}

/// A list: in an object of one field named after the row's type, bare, or as one row without a list.
/// An element that is not what it should be is read as an empty one.
pub struct Rows<T>(pub Vec<T>);

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Rows(Vec::new())
    }
}

impl<'de, T: DeserializeOwned + Default> Deserialize<'de> for Rows<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let raw = Option::<Box<RawValue>>::deserialize(from)?;
        let rows = raw.map(elements).unwrap_or_default();
        Ok(Rows(rows.iter().map(|row| serde_json::from_str(row.get()).unwrap_or_default()).collect()))
    }
}

fn elements(raw: Box<RawValue>) -> Vec<Box<RawValue>> {
    let listed = |raw: &RawValue| serde_json::from_str::<Vec<Box<RawValue>>>(raw.get()).ok();
    if let Some(rows) = listed(&raw) {
        return rows;
    }
    let Ok(fields) = serde_json::from_str::<Fields>(raw.get()) else { return Vec::new() };
    match (fields.len(), fields.values().next()) {
        (1, Some(inner)) if inner.get().starts_with('[') => listed(inner).unwrap_or_default(),
        (1, Some(inner)) if inner.get().starts_with('{') => vec![inner.clone()],
        (0 | 1, _) => Vec::new(),
        _ => vec![raw],
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_list_is_read_in_every_form_it_comes_in() {
        for text in [r#"{"order_dto":["a","b"]}"#, r#"["a","b"]"#] {
            let rows: Rows<String> = serde_json::from_str(text).unwrap();
            assert_eq!(rows.0, ["a", "b"]);
        }
        for text in [r#"{"dto":{"x":1,"y":2}}"#, r#"{"x":1,"y":2}"#, r#"[{"x":1,"y":2}]"#] {
            let rows: Rows<BTreeMap<String, i64>> = serde_json::from_str(text).unwrap();
            assert_eq!(rows.0.len(), 1);
            assert_eq!(rows.0.first().unwrap().get("y"), Some(&2));
        }
        for text in ["null", "{}", "\"\"", "[]", r#"{"dto":null}"#] {
            let rows: Rows<String> = serde_json::from_str(text).unwrap();
            assert!(rows.0.is_empty());
        }
    }
}
