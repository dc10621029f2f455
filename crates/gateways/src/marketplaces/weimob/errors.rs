//! Weimob's envelope: a code that is text, of which `0` alone is success.

use serde::Deserialize;

use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::HttpReply;
use super::super::loose::Loose;

/// What codes of a token that is not taken begin with; unconfirmed, so the message counts as well.
const TOKEN_CODES: &str = "80001001";

#[derive(Deserialize)]
struct Envelope {
    code: Option<Code>,
}

/// The code of every answer.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Code {
    pub errcode: Loose,
    pub errmsg: Loose,
}

/// Lets a good answer pass.
pub fn classify(reply: &HttpReply) -> Result<(), ApiError> {
    let envelope: Envelope = reply.json()?;
    match envelope.code {
        Some(code) if code.errcode.text() != Some("0") => Err(refusal(&code)),
        _ => reply.accepted_by_status(),
    }
}

/// The class of a code that is not success.
pub fn refusal(code: &Code) -> ApiError {
    let number = code.errcode.text().unwrap_or_default();
    let said = code.errmsg.text().unwrap_or_default();
    let lower = said.to_lowercase();
    let class = if number.starts_with(TOKEN_CODES) || lower.contains("accesstoken") || lower.contains("access_token") {
        ErrorClass::TokenExpired
    } else if said.contains("频繁") || said.contains("限流") || lower.contains("too many") {
        ErrorClass::RateLimited
    } else if said.contains("权限") {
        ErrorClass::NotPermitted
    } else if said.contains("不存在") {
        ErrorClass::NotFound
    } else {
        ErrorClass::Business
    };
    ApiError::new(class, number, said)
}
