//! Refusals.

use std::time::Duration;

use serde::Deserialize;

use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::HttpReply;
use super::super::loose::{List, Loose};
use super::super::money;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Answer {
    errors: List<Fault>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Fault {
    code: Loose,
    message: Loose,
    details: Loose,
}

/// Lets a good answer pass; a told parcel is answered without a body.
pub fn classify(reply: &HttpReply) -> Result<(), ApiError> {
    if reply.status == 204 && reply.body.is_empty() {
        return Ok(());
    }
    let wait = refill(reply);
    let body: Answer = reply.object().map_err(|error| match error.retry_after {
        None if error.class == ErrorClass::RateLimited => error.after(wait).slows_operation(),
        _ => error.slows_operation(),
    })?;
    let judged = reply.accepted_by_status();
    let (Err(by_status), Some(fault)) = (&judged, body.errors.0.first()) else {
        return judged.map_err(ApiError::slows_operation);
    };
    let code = fault.code.text().unwrap_or("refused");
    let words: Vec<&str> = [fault.message.text(), fault.details.text()].into_iter().flatten().collect();
    // A token that has run out and a right that was never given look alike: renewing tells them apart.
    let class = match (by_status.class, code) {
        (ErrorClass::NotPermitted, "Unauthorized") => ErrorClass::TokenExpired,
        (_, "QuotaExceeded") => ErrorClass::RateLimited,
        (class, _) => class,
    };
    let wait = if class == ErrorClass::RateLimited { by_status.retry_after.or(wait) } else { by_status.retry_after };
    Err(ApiError::new(class, code, words.join(": ")).after(wait).slows_operation())
}

/// The time in which the bucket gains one call, by the calls a second that the answer grants.
fn refill(reply: &HttpReply) -> Option<Duration> {
    let millionths = money::scaled(reply.header("x-amzn-ratelimit-limit")?.trim(), 6).ok()?;
    let millionths = u64::try_from(millionths).ok().filter(|rate| *rate > 0)?;
    Some(Duration::from_secs(1_000_000_u64.div_ceil(millionths)))
}
