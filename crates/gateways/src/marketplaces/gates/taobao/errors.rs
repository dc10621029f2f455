//! TOP's error codes by class (marketplaces-cn C.1).

use std::time::Duration;

use serde::Deserialize;

use super::super::super::error::{ApiError, ErrorClass};
use super::super::super::exchange::HttpReply;
use super::super::super::loose::Loose;

#[derive(Deserialize)]
struct Envelope {
    error_response: Option<Refusal>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Refusal {
    code: Loose,
    msg: Loose,
    sub_code: Loose,
    sub_msg: Loose,
}

/// Lets a good answer pass; "no result", which TOP dresses as an error, is one.
pub fn classify(reply: &HttpReply) -> Result<(), ApiError> {
    let envelope: Envelope = reply.json()?;
    let Some(refusal) = envelope.error_response else {
        return reply.accepted_by_status();
    };
    let code = refusal.code.integer().unwrap_or(0);
    let sub_code = refusal.sub_code.text().unwrap_or_default();
    let sub_msg = refusal.sub_msg.text().unwrap_or_default();
    if code == 15 && (sub_code == "50001" || sub_msg.contains("无结果")) {
        return Ok(());
    }
    let words: Vec<&str> = [refusal.msg.text().unwrap_or_default(), sub_code, sub_msg]
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect();
    let error = ApiError::new(class(code, sub_code), code.to_string(), words.join(": "));
    Err(error.after(ban(sub_msg)).slows_operation())
}

fn class(code: i64, sub_code: &str) -> ErrorClass {
    match code {
        7 if sub_code.ends_with("limited-by-app-access-count") => ErrorClass::QuotaSpent,
        7 => ErrorClass::RateLimited,
        10 => ErrorClass::Upstream,
        11 | 12 | 53 => ErrorClass::NotPermitted,
        22 => ErrorClass::Retired,
        25 => ErrorClass::BadSignature,
        27 | 42..=44 => ErrorClass::TokenExpired,
        26 => ErrorClass::ReauthorizeNeeded,
        28..=31 => ErrorClass::BadConfiguration,
        9 | 21 | 23 | 24 | 32..=34 | 40 | 41 | 47 => ErrorClass::BadRequest,
        _ if sub_code.starts_with("isp.") => ErrorClass::Upstream,
        _ => ErrorClass::Business,
    }
}

/// The pause in "This ban will last for N more seconds".
fn ban(message: &str) -> Option<Duration> {
    let (_, rest) = message.split_once("last for ")?;
    let (seconds, _) = rest.split_once(' ')?;
    seconds.parse().ok().map(Duration::from_secs)
}
