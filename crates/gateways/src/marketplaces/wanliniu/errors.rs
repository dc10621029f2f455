//! Refusals, outside or inside an answer whose own code is a success.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::HttpReply;
use super::super::loose::Loose;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Answer {
    code: Loose,
    message: Loose,
    msg: Loose,
    data: Option<Box<RawValue>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Inner {
    success: Loose,
    error_code: Loose,
    error_msg: Loose,
}

/// Lets a good answer pass.
pub fn classify(reply: &HttpReply) -> Result<(), ApiError> {
    let body: Answer = reply.object()?;
    let said = body.message.text().or(body.msg.text()).unwrap_or_default();
    match body.code.text() {
        None => reply.accepted_by_status()?,
        Some("0") => {}
        Some(code) => return Err(ApiError::new(class(said), code, said)),
    }
    let inner = body.data.and_then(|data| serde_json::from_str::<Inner>(data.get()).ok()).unwrap_or_default();
    if inner.success.text() == Some("false") {
        let said = inner.error_msg.text().unwrap_or_default();
        return Err(ApiError::new(class(said), inner.error_code.text().unwrap_or("refused"), said));
    }
    reply.accepted_by_status()
}

/// Codes are not documented, so the words must do.
fn class(said: &str) -> ErrorClass {
    let holds = |words: &[&str]| words.iter().any(|word| said.to_lowercase().contains(word));
    if holds(&["签名", "sign"]) {
        ErrorClass::BadSignature
    } else if holds(&["频率", "频繁", "限流", "too many"]) {
        ErrorClass::RateLimited
    } else if holds(&["app_key", "appkey", "_app", "密钥"]) {
        ErrorClass::BadConfiguration
    } else {
        ErrorClass::Business
    }
}
