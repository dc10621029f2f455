//! Refusals of merchant calls: the gateway's, and a code in the answer itself.

use serde::Deserialize;

use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::HttpReply;
use super::super::gates::jd::answer::Fields;
use super::super::gates::jd::{self as gate, answer, gateway_refusal};
use super::super::loose::Loose;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Outcome {
    code: Loose,
    zh_desc: Loose,
    en_desc: Loose,
    message: Loose,
}

/// Lets a good answer pass. What an answer says inside about its own success is its reader's.
pub fn classify(reply: &HttpReply) -> Result<(), ApiError> {
    let fields: Fields = reply.json()?;
    if let Some(error) = gateway_refusal(&fields, ErrorClass::TokenExpired) {
        return Err(error);
    }
    reply.accepted_by_status()?;
    let Some(body) = answer::outer(&fields) else { return Ok(()) };
    let outcome: Outcome = serde_json::from_str(body).unwrap_or_default();
    match outcome.code.text() {
        None | Some("0" | "200") => inside(&fields),
        Some(code) => {
            let said = outcome.zh_desc.text().or(outcome.en_desc.text()).unwrap_or_default();
            Err(ApiError::new(ErrorClass::Business, code, said))
        }
    }
}

/// Some methods answer like the Union's: JSON inside JSON, with a code of its own.
fn inside(fields: &Fields) -> Result<(), ApiError> {
    let Some(text) = answer::inner(fields)? else { return Ok(()) };
    let outcome: Outcome = serde_json::from_str(&text).unwrap_or_default();
    match outcome.code.integer() {
        None | Some(0 | 200) => Ok(()),
        Some(code) => {
            Err(ApiError::new(gate::union(code), code.to_string(), outcome.message.text().unwrap_or_default()))
        }
    }
}
