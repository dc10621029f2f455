//! How often a platform may be called: turns handed out evenly, with a fifth of a second's worth at once,
//! so that no second sees more than the limit whoever asks.
//!
//! The arithmetic is here; where the one mark a lane needs is kept, in this process or for all of them,
//! is the application's choice.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;

/// A limit of a platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// What is limited and for whom; the same text is the same limit.
    pub key: String,
    /// Calls a second at most.
    pub per_second: u32,
}

impl Lane {
    /// Microseconds between two turns, and how many may be taken at once: both together stay within
    /// the limit in any second.
    #[must_use]
    pub fn spacing(&self) -> (u64, u64) {
        let most = u64::from(self.per_second.max(2));
        let at_once = (most / 5).max(1);
        (1_000_000 / (most - at_once), at_once)
    }
}

/// What to do with a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Take it, unless it comes later than this.
    Within(Duration),
    /// Only see whether it would come by then.
    Look(Duration),
    /// It was used already.
    Used,
}

/// Hands out turns.
#[async_trait]
pub trait Pace: Send + Sync {
    /// How long to wait for the turn in this lane; `None` when it comes too late and was not taken.
    async fn turn(&self, lane: &Lane, turn: Turn) -> Option<Duration>;
}

/// Turns of this process alone.
#[derive(Debug)]
pub struct InProcess {
    begun: Instant,
    /// For each lane the moment from which the next turn counts, in microseconds since the beginning.
    marks: Mutex<HashMap<String, u64>>,
}

impl Default for InProcess {
    fn default() -> Self {
        Self { begun: Instant::now(), marks: Mutex::default() }
    }
}

impl InProcess {
    fn turn_at(&self, lane: &Lane, turn: Turn, now: u64) -> Option<Duration> {
        let (between, at_once) = lane.spacing();
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        let mark = marks.get(&lane.key).copied().unwrap_or(0).max(now);
        let wait = Duration::from_micros((mark + between).saturating_sub(at_once * between).saturating_sub(now));
        let in_time = match turn {
            Turn::Within(most) | Turn::Look(most) => wait <= most,
            Turn::Used => true,
        };
        if in_time && !matches!(turn, Turn::Look(_)) {
            marks.insert(lane.key.clone(), mark + between);
        }
        in_time.then_some(wait)
    }
}

#[async_trait]
impl Pace for InProcess {
    async fn turn(&self, lane: &Lane, turn: Turn) -> Option<Duration> {
        let now = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.turn_at(lane, turn, now)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn lane(per_second: u32) -> Lane {
        Lane { key: "x".to_owned(), per_second }
    }

    proptest! {
        #[test]
        fn no_second_sees_more_than_the_limit(per_second in 2u32..200, pauses in prop::collection::vec(0u64..50_000, 1..600)) {
            let (pace, mut now, mut sent) = (InProcess::default(), 0, Vec::new());
            for pause in pauses {
                now += pause;
                if let Some(wait) = pace.turn_at(&lane(per_second), Turn::Within(Duration::from_secs(2)), now) {
                    sent.push(now + u64::try_from(wait.as_micros()).unwrap());
                }
            }
            for first in &sent {
                let within = sent.iter().filter(|at| (*first..*first + 1_000_000).contains(at)).count();
                prop_assert!(within <= usize::try_from(per_second).unwrap(), "{within} in a second, {per_second} allowed");
            }
        }
    }

    #[test]
    fn a_look_takes_nothing_and_what_was_used_counts_in_any_case() {
        let pace = InProcess::default();
        for _ in 0..9 {
            assert_eq!(pace.turn_at(&lane(6), Turn::Look(Duration::ZERO), 0), Some(Duration::ZERO));
        }
        for _ in 0..3 {
            assert!(pace.turn_at(&lane(6), Turn::Used, 0).is_some());
        }
        assert_eq!(pace.turn_at(&lane(6), Turn::Look(Duration::ZERO), 0), None);
        assert_eq!(pace.turn_at(&lane(6), Turn::Look(Duration::from_secs(1)), 0), Some(Duration::from_millis(600)));
    }
}
