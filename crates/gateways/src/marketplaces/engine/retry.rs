//! How patiently a failed call is repeated.

use std::time::Duration;

use uuid::Uuid;

use super::super::error::{ApiError, ErrorClass};

/// How often and how patiently a failed read is repeated.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// Attempts in all.
    pub attempts: u32,
    /// The first pause; doubled each time, with a random part taken off.
    pub first_pause: Duration,
    /// The longest a call waits here, in a pause or before the budget; what takes longer is told to
    /// the caller as `retry_after`, who comes back then.
    pub longest_wait: Duration,
    /// The time one attempt may take.
    pub timeout: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        RetryPolicy {
            attempts: 4,
            first_pause: Duration::from_millis(500),
            longest_wait: Duration::from_secs(20),
            timeout: Duration::from_secs(15),
        }
    }
}

impl RetryPolicy {
    /// How long to pause before the attempt after number `failed`, or `None` to give up.
    pub(super) fn pause(&self, failed: u32, error: &ApiError, repeatable: bool) -> Option<Duration> {
        // A call refused for its rate was not carried out, so even a write may be repeated.
        let safe = repeatable || error.class == ErrorClass::RateLimited;
        if !safe || !error.class.may_pass() || failed >= self.attempts {
            return None;
        }
        // The second more covers clocks that differ and seconds that were rounded down.
        let told = error.retry_after.map(|wait| wait + Duration::from_secs(1));
        let wait = told.unwrap_or_else(|| {
            let doubled = self.first_pause.saturating_mul(1 << failed.saturating_sub(1).min(16));
            shortened(doubled.min(self.longest_wait))
        });
        (wait <= self.longest_wait).then_some(wait)
    }
}

/// Takes up to a half off at random, so that processes that failed together come back apart.
fn shortened(pause: Duration) -> Duration {
    let random = u32::try_from(Uuid::new_v4().as_u128() % 1024).unwrap_or(0);
    pause - pause * random / 2048
}
