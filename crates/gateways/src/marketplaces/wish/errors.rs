//! Refusals, by a code in the body and the HTTP status.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::super::amount::moment;
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::HttpReply;
use super::super::loose::Loose;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Answer {
    code: Loose,
    message: Loose,
}

/// Lets a good answer pass.
pub fn classify(reply: &HttpReply) -> Result<(), ApiError> {
    let wait = reset(reply);
    let with_wait = |error: ApiError| match (error.class, error.retry_after) {
        (ErrorClass::RateLimited, None) => error.after(wait),
        _ => error,
    };
    let body: Answer = reply.object().map_err(with_wait)?;
    let judged = reply.accepted_by_status();
    let code = body.code.integer().unwrap_or(0);
    let class = match (code, &judged) {
        (0, _) => return judged.map_err(with_wait),
        (1007 | 1012, _) => ErrorClass::TokenExpired,
        (1008 | 10_001 | 10_002 | 10_004, _) => ErrorClass::ReauthorizeNeeded,
        (_, Err(by_status)) => by_status.class,
        (_, Ok(())) => ErrorClass::Business,
    };
    let said = body.message.text().unwrap_or_default();
    Err(with_wait(ApiError::new(class, code.to_string(), said).after(judged.err().and_then(|error| error.retry_after))))
}

/// How long until calls are free again; the header's form is unconfirmed, a moment or unix seconds.
fn reset(reply: &HttpReply) -> Option<Duration> {
    let text: Loose = serde_json::from_value(reply.header("wish-rate-limit-reset")?.into()).ok()?;
    let at: DateTime<Utc> = moment(&text).or_else(|| text.unix_seconds())?;
    (at - reply.received_at).to_std().ok()
}
