//! Answers, in their wrapper of newer versions or bare, and refusals.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::HttpReply;
use super::super::loose::Loose;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Envelope {
    code: Loose,
    message: Loose,
    data: Option<Box<RawValue>>,
    errors: Option<Box<RawValue>>,
}

/// Lets a good answer pass.
pub fn classify(reply: &HttpReply) -> Result<(), ApiError> {
    let body: Envelope = reply.object()?;
    let judged = reply.accepted_by_status();
    let code = body.code.text().filter(|code| !is_success(code));
    let class = match (&judged, code) {
        (Ok(()), None) if body.errors.is_none() || body.data.is_some() => return Ok(()),
        (Ok(()), _) => ErrorClass::Business,
        (Err(by_status), _) => by_status.class,
    };
    let wait = judged.as_ref().err().and_then(|error| error.retry_after);
    let told = judged.err().map_or_else(|| "refused".to_owned(), |error| error.code);
    let code = code.map_or(told, str::to_owned);
    Err(ApiError::new(class, code, body.message.text().unwrap_or_default()).after(wait))
}

fn is_success(code: &str) -> bool {
    code.eq_ignore_ascii_case("success") || code == "0" || code == "200"
}

/// What an answer that has been let pass holds.
pub fn body<T: DeserializeOwned>(reply: &HttpReply) -> Result<T, ApiError> {
    let wrapped: Envelope = reply.object()?;
    match wrapped.data.filter(|data| data.get().starts_with('{')) {
        Some(data) => serde_json::from_str(data.get())
            .map_err(|error| ApiError::malformed(format!("data, line {} column {}", error.line(), error.column()))),
        None => reply.json(),
    }
}
