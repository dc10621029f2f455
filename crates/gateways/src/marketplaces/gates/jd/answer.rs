//! Opening an answer: an outer object, in it a text, in that the JSON that counts.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::super::super::error::{ApiError, ErrorClass};
use super::super::super::exchange::HttpReply;

/// An object whose values are not looked into yet.
pub type Fields = BTreeMap<String, Box<RawValue>>;

/// The inner JSON of an answer, or `None` when the answer has none.
///
/// The outer key ends in `_responce`, sometimes in the right spelling; the inner one in `Result`; its
/// value is JSON text, in examples the object itself. An empty text is a fault over there.
pub fn inner(outer: &Fields) -> Result<Option<String>, ApiError> {
    let answers = |name: &str| name.ends_with("_responce") || name.ends_with("_response");
    let Some((_, answer)) = outer.iter().find(|(name, _)| answers(name)) else { return Ok(None) };
    let Ok(answer) = serde_json::from_str::<Fields>(answer.get()) else { return Ok(None) };
    let Some((_, result)) = answer.iter().find(|(name, _)| name.ends_with("Result")) else { return Ok(None) };
    let text = match serde_json::from_str::<String>(result.get()) {
        Ok(text) => text,
        Err(_) => result.get().to_owned(),
    };
    if text.trim().is_empty() {
        return Err(ApiError::new(ErrorClass::Upstream, "empty_result", "the result is empty"));
    }
    Ok(Some(text))
}

/// The inner JSON of an answer that [`super::errors::classify`] has let pass, typed.
pub fn body<T: DeserializeOwned>(reply: &HttpReply) -> Result<T, ApiError> {
    let text = inner(&reply.json()?)?.ok_or_else(|| ApiError::malformed("no result in the answer"))?;
    serde_json::from_str(&text)
        .map_err(|error| ApiError::malformed(format!("result, line {} column {}", error.line(), error.column())))
}
