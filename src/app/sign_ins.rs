//! Slowing down those who guess an operator's password. Kept in the process: it bounds guessing to
//! a few a minute for each of a handful of processes.

use std::time::{Duration, Instant};

use kernel::id::OperatorId;
use moka::ops::compute::Op;
use moka::sync::Cache;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::areas::operators::passwords::FREE_ATTEMPTS;

/// The longest wait between two attempts.
const WAIT_MAX: Duration = Duration::from_secs(300);
/// How many passwords are checked at a time: each takes 19 MiB and a core.
const AT_A_TIME: usize = 2;

#[derive(Clone, Copy)]
struct Attempts {
    count: u32,
    last: Instant,
}

/// Attempts to sign in to the console.
pub struct SignIns {
    attempts: Cache<String, Attempts>,
    used_steps: Cache<(OperatorId, i64), ()>,
    gate: Semaphore,
}

impl Default for SignIns {
    fn default() -> Self {
        let attempts = Cache::builder().max_capacity(100_000).time_to_idle(Duration::from_secs(3600)).build();
        let used_steps = Cache::builder().max_capacity(100_000).time_to_live(Duration::from_secs(120)).build();
        Self { attempts, used_steps, gate: Semaphore::new(AT_A_TIME) }
    }
}

impl SignIns {
    /// Counts an attempt before it is made, so that parallel ones count as well. Errors: the
    /// seconds to wait.
    pub fn begin(&self, username: &str) -> Result<(), u64> {
        let now = Instant::now();
        let mut refused = None;
        self.attempts.entry(username.to_owned()).and_compute_with(|entry| {
            let known = entry.map_or(Attempts { count: 0, last: now }, |entry| entry.into_value());
            let wait = wait_after(known.count).saturating_sub(now.duration_since(known.last));
            if wait.is_zero() {
                Op::Put(Attempts { count: known.count.saturating_add(1), last: now })
            } else {
                refused = Some(wait.as_secs() + 1);
                Op::Nop
            }
        });
        refused.map_or(Ok(()), Err)
    }

    /// Forgets the attempts: the password was right.
    pub fn succeeded(&self, username: &str) {
        self.attempts.invalidate(username);
    }

    /// Waits for a turn to check a password.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.gate.acquire().await.ok()
    }

    /// Spends a step of an operator's one-time codes; `false` when it was spent before.
    pub fn spend(&self, operator: OperatorId, step: i64) -> bool {
        self.used_steps.entry((operator, step)).or_insert(()).is_fresh()
    }
}

fn wait_after(attempts: u32) -> Duration {
    match attempts.checked_sub(FREE_ATTEMPTS) {
        None => Duration::ZERO,
        Some(more) => Duration::from_secs(1 << more.min(9)).min(WAIT_MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_wrong_attempt_has_to_wait_and_a_right_one_forgives() {
        let sign_ins = SignIns::default();
        for _ in 0..FREE_ATTEMPTS {
            assert_eq!(sign_ins.begin("li"), Ok(()));
        }
        assert!(sign_ins.begin("li").is_err());
        assert_eq!(sign_ins.begin("wang"), Ok(()));
        sign_ins.succeeded("li");
        assert_eq!(sign_ins.begin("li"), Ok(()));
        assert_eq!(wait_after(5), Duration::from_secs(1));
        assert_eq!(wait_after(u32::MAX), WAIT_MAX);
    }

    #[test]
    fn a_step_is_good_once() {
        let (sign_ins, operator) = (SignIns::default(), OperatorId::new());
        assert!(sign_ins.spend(operator, 7));
        assert!(!sign_ins.spend(operator, 7));
        assert!(sign_ins.spend(OperatorId::new(), 7));
    }
}
