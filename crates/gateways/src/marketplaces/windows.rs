//! Which span of time to ask for next. The caller stores one watermark per account and stream.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::model::Window;
use super::times;

/// How a platform wants its increments read (marketplaces-cn E.4).
#[derive(Clone, Copy, Debug)]
pub struct WindowRules {
    /// The widest span the platform answers.
    pub longest: Duration,
    /// How far a window reaches back behind the watermark, for changes that showed late.
    pub overlap: Duration,
    /// How long the newest rows may be incomplete.
    pub lag: Duration,
    /// How far back the platform keeps anything.
    pub reach: Duration,
}

impl WindowRules {
    /// The window to read after `watermark`, at most up to `now`; `None` when the clock stands before
    /// what has been read.
    ///
    /// Read all its pages, store each, and only then save [`Self::known`] as the new watermark.
    /// Windows overlap, so lines repeat; they are idempotent by their key. The newest rows are read at
    /// once and, because they may not all be there yet, again with the next window.
    pub fn next(&self, watermark: DateTime<Utc>, now: DateTime<Utc>) -> Option<Window> {
        let oldest = now - delta(self.reach);
        let from = (watermark - delta(self.overlap)).max(oldest);
        let until = (from + delta(self.longest)).min(now);
        (until > from).then_some(Window { from, until })
    }

    /// Up to when nothing can be missing once all of `window` is stored.
    pub fn known(&self, window: &Window) -> DateTime<Utc> {
        window.until - delta(self.lag)
    }

    /// Whether another window should be read at once: time lost in an outage is caught up window by window.
    pub fn is_behind(&self, window: &Window, now: DateTime<Utc>) -> bool {
        window.until < now - delta(self.lag)
    }

    /// The watermark of an account never pulled before: the previous day's begin in Beijing.
    pub fn first_watermark(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        times::previous_beijing_day(now)
    }
}

fn delta(span: Duration) -> TimeDelta {
    TimeDelta::from_std(span).unwrap_or(TimeDelta::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const RULES: WindowRules = WindowRules {
        longest: Duration::from_secs(3 * 3600),
        overlap: Duration::from_secs(15 * 60),
        lag: Duration::from_secs(60),
        reach: Duration::from_secs(90 * 86_400),
    };

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_400_000 + minutes * 60, 0).unwrap()
    }

    #[test]
    fn windows_overlap_and_the_newest_minute_is_read_twice() {
        let window = RULES.next(at(0), at(60)).unwrap();
        assert_eq!(window, Window { from: at(-15), until: at(60) });
        assert_eq!(RULES.known(&window), at(59));
        assert!(!RULES.is_behind(&window, at(61)));
    }

    #[test]
    fn an_outage_is_caught_up_in_windows_without_a_gap() {
        let (mut watermark, now) = (at(0), at(24 * 60));
        let mut windows = 0;
        loop {
            let window = RULES.next(watermark, now).unwrap();
            assert!(window.from < watermark && window.until - window.from <= TimeDelta::hours(3));
            watermark = RULES.known(&window);
            windows += 1;
            if !RULES.is_behind(&window, now) {
                break;
            }
        }
        assert_eq!((watermark, windows), (at(24 * 60 - 1), 9));
    }

    #[test]
    fn nothing_is_asked_of_a_time_to_come() {
        assert_eq!(RULES.next(at(60), at(1)), None);
    }

    #[test]
    fn a_forgotten_account_starts_at_the_platforms_reach() {
        let now = at(200 * 1440);
        let window = RULES.next(at(0), now).unwrap();
        assert_eq!(window.from, now - TimeDelta::days(90));
    }

    #[test]
    fn a_first_pull_starts_at_the_previous_days_begin_in_beijing() {
        // 1795400000 is 2026-11-23 10:13:20 in Beijing.
        let first = RULES.first_watermark(at(0));
        assert_eq!(times::beijing_text(first), "2026-11-22 00:00:00");
    }
}
