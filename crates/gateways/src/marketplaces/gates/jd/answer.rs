//! Opening an answer: an outer object, in it a text, in that the JSON that counts.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::super::super::error::{ApiError, ErrorClass};
use super::super::super::exchange::HttpReply;

/// An object whose values are not looked into yet.
pub type Fields = BTreeMap<String, Box<RawValue>>;

/// The answer's own object as text, whatever its method; `None` when there is none.
pub fn outer(fields: &Fields) -> Option<&str> {
    let answers = |name: &str| name.ends_with("_responce") || name.ends_with("_response");
    fields.iter().find(|(name, _)| answers(name)).map(|(_, answer)| answer.get())
}

/// The answer's own object, typed; for methods whose answers are not JSON inside JSON.
pub fn flat<T: DeserializeOwned>(reply: &HttpReply) -> Result<T, ApiError> {
    let fields: Fields = reply.json()?;
    let text = outer(&fields).ok_or_else(|| ApiError::malformed("no answer of a method"))?;
    serde_json::from_str(text)
        .map_err(|error| ApiError::malformed(format!("answer, line {} column {}", error.line(), error.column())))
}

/// The inner JSON of an answer, or `None` when the answer has none.
///
/// The outer key ends in `_responce`, sometimes in the right spelling; the inner one in `Result`; its
/// value is JSON text, in examples the object itself. An empty text is a fault over there.
pub fn inner(outer: &Fields) -> Result<Option<String>, ApiError> {
    let Some(answer) = self::outer(outer) else { return Ok(None) };
    let Ok(answer) = serde_json::from_str::<Fields>(answer) else { return Ok(None) };
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
