//! Buckets that fill steadily and are drawn from: points, calls, drops of a leaky one.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// A point in the unit of buckets.
pub(crate) const POINT: i64 = 1_000_000;

/// How a bucket fills, in millionths of a point: some calls come back once in three minutes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    /// What it holds when full.
    pub(crate) holds: i64,
    /// What comes back in a second.
    pub(crate) per_s: i64,
}

impl Rate {
    /// A bucket of whole points.
    pub(crate) const fn points(holds: i64, per_s: i64) -> Self {
        Self { holds: holds * POINT, per_s: per_s * POINT }
    }
}

/// Every bucket of the sandbox by its key, with what is in it and when that was (milliseconds of the sandbox's time).
#[derive(Default)]
pub(crate) struct Buckets(Mutex<HashMap<String, (i64, i64)>>);

impl Buckets {
    /// Draws `wanted` millionths from the bucket `key`: what is left, or what there is when that is less.
    pub(crate) fn draw(&self, key: &str, rate: Rate, wanted: i64, now_ms: i64) -> Result<i64, i64> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (level, since) = buckets.entry(key.to_owned()).or_insert((rate.holds, now_ms));
        let come = now_ms.saturating_sub(*since).max(0).saturating_mul(rate.per_s) / 1_000;
        *level = level.saturating_add(come).min(rate.holds);
        *since = now_ms;
        if *level < wanted {
            return Err(*level);
        }
        *level -= wanted;
        Ok(*level)
    }

    /// Puts back what a call did not need after all; answers the level.
    pub(crate) fn put_back(&self, key: &str, rate: Rate, unused: i64) -> i64 {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((level, _)) = buckets.get_mut(key) else { return rate.holds };
        *level = level.saturating_add(unused.max(0)).min(rate.holds);
        *level
    }

    /// Empties the bucket `key` as of now, for a caller who wants to meet the limit.
    pub(crate) fn empty(&self, key: &str, now_ms: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), (0, now_ms));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_what_it_holds_and_fills_with_time() {
        let (buckets, rate) = (Buckets::default(), Rate::points(10, 2));
        assert_eq!(buckets.draw("a", rate, 8 * POINT, 0), Ok(2 * POINT));
        assert_eq!(buckets.draw("a", rate, 8 * POINT, 1_000), Err(4 * POINT));
        assert_eq!(buckets.draw("a", rate, 8 * POINT, 3_000), Ok(0));
        assert_eq!(buckets.put_back("a", rate, 5 * POINT), 5 * POINT);
        assert_eq!(buckets.draw("b", rate, POINT, 3_000), Ok(9 * POINT));
        buckets.empty("b", 3_000);
        assert_eq!(buckets.draw("b", rate, POINT, 3_000), Err(0));
        assert_eq!(buckets.draw("b", rate, POINT, 900_000), Ok(9 * POINT));
    }
}
