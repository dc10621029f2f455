//! How long work in the background rests after a marketplace has refused it.

use chrono::Duration;
use gateways::marketplaces::{ApiError, ErrorClass};
use kernel::Time;

use crate::areas::market_accounts::quota;

/// The first rest after a failure that may pass; doubled with each one after it.
const FIRST_REST: Duration = Duration::seconds(10);
/// The longest such rest.
const LONGEST_REST: Duration = Duration::hours(1);
/// How often in a row an answer may be unreadable before an operator must look.
const UNREADABLE_MAX: i32 = 5;

/// When work that met `error` after `failures` others in a row goes on by itself; `None` when an
/// operator must act.
pub fn until(error: &ApiError, failures: i32, now: Time) -> Option<Time> {
    let told = error.retry_after.and_then(|wait| Duration::from_std(wait).ok()).map(|wait| now + wait);
    let patient = patient(failures, now);
    match error.class {
        // The second more covers clocks that differ.
        ErrorClass::QuotaSpent => Some(told.unwrap_or_else(|| quota::next_day(now)) + Duration::seconds(1)),
        ErrorClass::RateLimited => Some(told.unwrap_or(patient)),
        ErrorClass::Upstream => Some(patient),
        ErrorClass::Malformed if failures < UNREADABLE_MAX => Some(patient),
        _ => None,
    }
}

/// When work that failed after `failures` other times in a row is tried again: ever later, in an hour at most.
pub fn patient(failures: i32, now: Time) -> Time {
    let doubled = FIRST_REST * 2_i32.pow(failures.clamp(0, 12).unsigned_abs());
    now + doubled.min(LONGEST_REST)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rests(class: ErrorClass, wait_s: Option<u64>, failures: i32) -> Option<i64> {
        let now: Time = "2026-11-23T15:00:00Z".parse().unwrap();
        let error = ApiError::new(class, "x", "y").after(wait_s.map(std::time::Duration::from_secs));
        until(&error, failures, now).map(|until| (until - now).num_seconds())
    }

    #[test]
    fn work_rests_as_long_as_its_trouble_asks_for() {
        assert_eq!(rests(ErrorClass::QuotaSpent, Some(60), 0), Some(61));
        // An hour before midnight in Beijing.
        assert_eq!(rests(ErrorClass::QuotaSpent, None, 0), Some(3601));
        assert_eq!(rests(ErrorClass::RateLimited, Some(60), 9), Some(60));
        assert_eq!(rests(ErrorClass::Upstream, None, 0), Some(10));
        assert_eq!(rests(ErrorClass::Upstream, None, 3), Some(80));
        assert_eq!(rests(ErrorClass::Upstream, None, 1_000_000), Some(3600));
        assert_eq!(rests(ErrorClass::Malformed, None, UNREADABLE_MAX), None);
        for class in [ErrorClass::Stopped, ErrorClass::FilingNeeded, ErrorClass::BadSignature, ErrorClass::Business] {
            assert_eq!(rests(class, None, 0), None, "{class:?}");
        }
    }
}
