//! Refusals, and which of them last a day.

use serde::Deserialize;

use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::HttpReply;
use super::super::loose::{List, Loose};
use super::super::pacific;

/// A quota of a day is spent.
const QUOTA: i64 = 2001;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Answer {
    errors: List<Fault>,
}

/// One fault, of a whole answer or of one line.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Fault {
    error_id: Loose,
    category: Loose,
    message: Loose,
    long_message: Loose,
}

impl Fault {
    /// The fault as an error of `class`.
    pub fn error(&self, class: ErrorClass) -> ApiError {
        let said = self.long_message.text().or(self.message.text()).unwrap_or_default();
        ApiError::new(class, self.error_id.text().unwrap_or("refused"), said)
    }
}

/// Lets a good answer pass; a write that made something answers without a body.
pub fn classify(reply: &HttpReply) -> Result<(), ApiError> {
    if matches!(reply.status, 201 | 204) && reply.body.is_empty() {
        return Ok(());
    }
    let body: Answer = reply.object()?;
    let judged = reply.accepted_by_status();
    let (Err(by_status), Some(fault)) = (&judged, body.errors.0.first()) else { return judged };
    let quota = reply.status == 429 && by_status.retry_after.is_none() && fault.error_id.integer() == Some(QUOTA);
    if quota {
        // Minutes do not help: the count starts anew at midnight of the platform's coast.
        let rest = (pacific::next_midnight(reply.received_at) - reply.received_at).to_std().ok();
        let over = fault.error(ErrorClass::QuotaSpent).after(rest);
        // It is over for this API alone.
        return Err(ApiError { of_operation: true, ..over });
    }
    let class = match by_status.class {
        ErrorClass::BadRequest if fault.category.text() == Some("BUSINESS") => ErrorClass::Business,
        class => class,
    };
    Err(fault.error(class).after(by_status.retry_after).slows_operation())
}
