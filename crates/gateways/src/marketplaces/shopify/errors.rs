//! Refusals: HTTP statuses of the store, and errors inside answers of status 200.

use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::HttpReply;
use super::super::loose::{List, Loose};
use super::super::money;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Answer {
    errors: Option<Box<RawValue>>,
    extensions: Option<Extensions>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Extensions {
    cost: Cost,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Cost {
    requested_query_cost: Loose,
    throttle_status: Throttle,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Throttle {
    currently_available: Loose,
    restore_rate: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Fault {
    message: Loose,
    extensions: FaultKind,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct FaultKind {
    code: Loose,
}

/// Lets a good answer pass. Data that come with errors are not a whole answer.
pub fn classify(reply: &HttpReply) -> Result<(), ApiError> {
    let body: Answer = reply.object()?;
    match reply.status {
        402 | 403 | 423 => return Err(ApiError::new(ErrorClass::NotPermitted, status(reply), "the store is locked")),
        404 => return Err(ApiError::new(ErrorClass::ReauthorizeNeeded, status(reply), "the store is gone")),
        _ => reply.accepted_by_status()?,
    }
    let Some(errors) = &body.errors else { return Ok(()) };
    // A text instead of a list comes from the gate before GraphQL.
    let faults: List<Fault> = serde_json::from_str(errors.get()).unwrap_or_default();
    let Some(fault) = faults.0.first() else {
        return match errors.get() {
            "null" | "[]" => Ok(()),
            _ => Err(ApiError::new(ErrorClass::BadRequest, "errors", "refused without a reason")),
        };
    };
    let code = fault.extensions.code.text().unwrap_or("errors");
    let error = ApiError::new(class(code), code, fault.message.text().unwrap_or_default());
    let cost = body.extensions.map(|extensions| extensions.cost).unwrap_or_default();
    Err(error.after(if code == "THROTTLED" { refill(&cost) } else { None }))
}

fn status(reply: &HttpReply) -> String {
    format!("http_{}", reply.status)
}

fn class(code: &str) -> ErrorClass {
    match code {
        "THROTTLED" => ErrorClass::RateLimited,
        "ACCESS_DENIED" | "SHOP_INACTIVE" => ErrorClass::NotPermitted,
        "INTERNAL_SERVER_ERROR" | "TIMEOUT" => ErrorClass::Upstream,
        _ => ErrorClass::BadRequest,
    }
}

/// How long the bucket takes to hold the points that were wanted.
fn refill(cost: &Cost) -> Option<Duration> {
    let thousandths = |field: &Loose| money::scaled(field.text()?, 3).ok();
    let wanted = thousandths(&cost.requested_query_cost)?;
    let available = thousandths(&cost.throttle_status.currently_available)?;
    let rate = thousandths(&cost.throttle_status.restore_rate).filter(|rate| *rate > 0)?;
    let millis = u64::try_from(wanted.saturating_sub(available).saturating_mul(1000)).ok()?;
    Some(Duration::from_millis(millis.div_ceil(u64::try_from(rate).ok()?)))
}
