//! The gateway's error codes by class (marketplaces-cn A.2).

use serde::Deserialize;

use super::super::super::error::{ApiError, ErrorClass};
use super::super::super::exchange::HttpReply;
use super::super::super::loose::Loose;

#[derive(Deserialize)]
struct Envelope {
    error_response: Option<Refusal>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Refusal {
    error_code: Loose,
    error_msg: Loose,
    sub_msg: Loose,
}

/// Lets a good answer pass.
pub fn classify(reply: &HttpReply) -> Result<(), ApiError> {
    let envelope: Envelope = reply.json()?;
    let Some(refusal) = envelope.error_response else {
        return reply.accepted_by_status();
    };
    let said = [refusal.error_msg.text(), refusal.sub_msg.text()];
    let mut words: Vec<&str> = said.into_iter().flatten().collect();
    words.dedup();
    let message = words.join(": ");
    let class = class(refusal.error_code.integer().unwrap_or(0), &message);
    Err(ApiError::new(class, refusal.error_code.owned().unwrap_or_default(), message).slows_operation())
}

fn class(code: i64, message: &str) -> ErrorClass {
    // 60001 is quoted everywhere and in no official table; the word is what counts.
    if code == 60001 || message.contains("备案") {
        return ErrorClass::FilingNeeded;
    }
    match code {
        10019 | 10035 => ErrorClass::TokenExpired,
        10014 | 20032 => ErrorClass::ReauthorizeNeeded,
        10016..=10018 | 20005 => ErrorClass::BadConfiguration,
        20004 => ErrorClass::BadSignature,
        20031 | 30000 => ErrorClass::NotPermitted,
        20034 | 20035 | 50012 => ErrorClass::Retired,
        50000 | 50002 | 52001 | 52002 | 52102 | 52103 | 70033 => ErrorClass::Upstream,
        52101 | 70031 => ErrorClass::RateLimited,
        70032 | 70034 | 70035 => ErrorClass::Stopped,
        70036 => ErrorClass::QuotaSpent,
        10000..=10002 | 21001 | 21002 | 52004 => ErrorClass::BadRequest,
        _ => ErrorClass::Business,
    }
}
