//! Time. Wall time is for signatures, sessions, limits and leases; business time is for
//! everything a rule names, and in sandbox mode it can be moved forward.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset, SubsecRound, Utc};

/// A moment in UTC, cut to microseconds so that both databases give back what was written.
pub type Time = DateTime<Utc>;

/// The two clocks of the product. Cheap to clone; clones share the moved offset.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead_us: Arc<AtomicI64>,
}

impl Clock {
    /// Wall time.
    pub fn wall(&self) -> Time {
        Utc::now().trunc_subsecs(6)
    }

    /// Business time: wall time plus what [`Clock::advance`] added.
    pub fn now(&self) -> Time {
        self.wall() + Duration::microseconds(self.ahead_us.load(Ordering::Relaxed))
    }

    /// Moves business time on. Only the sandbox mode and tests do this.
    pub fn advance(&self, by: Duration) {
        let us = by.num_microseconds().unwrap_or(0);
        self.ahead_us.fetch_add(us, Ordering::Relaxed);
    }

    /// Moves business time on until it is `ahead` of wall time; it never goes back.
    pub fn catch_up(&self, ahead: Duration) {
        self.ahead_us.fetch_max(ahead.num_microseconds().unwrap_or(0), Ordering::Relaxed);
    }

    /// How far business time is ahead of wall time.
    pub fn ahead(&self) -> Duration {
        Duration::microseconds(self.ahead_us.load(Ordering::Relaxed))
    }

    /// Turns a moment of business time into wall time, for the deadlines we tell a platform.
    pub fn to_wall(&self, business: Time) -> Time {
        business - self.ahead()
    }
}

/// The shop's offset: China has one, without summer time.
pub fn beijing() -> FixedOffset {
    // Eight hours are always in range; the constructor merely cannot know it.
    FixedOffset::east_opt(8 * 3600).unwrap_or_else(|| Utc.fix())
}

/// The calendar day of `time` in Asia/Shanghai, the day of every rule that counts by day.
pub fn beijing_day(time: Time) -> NaiveDate {
    time.with_timezone(&beijing()).date_naive()
}

/// The moment when clocks in Asia/Shanghai show `local`.
pub fn beijing_moment(local: NaiveDateTime) -> Time {
    // Out of range at the ends of the calendar alone, where eight hours do not matter.
    local.checked_sub_offset(beijing()).unwrap_or(local).and_utc()
}

/// The moment when `day` begins in Asia/Shanghai.
pub fn beijing_midnight(day: NaiveDate) -> Time {
    beijing_moment(day.and_time(NaiveTime::MIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advancing_moves_business_time_alone_and_clones_follow() {
        let clock = Clock::default();
        let other = clock.clone();
        clock.advance(Duration::days(7));
        assert!(other.now() - other.wall() >= Duration::days(7) - Duration::seconds(1));
        assert!((other.to_wall(other.now()) - other.wall()).abs() < Duration::seconds(1));
    }

    #[test]
    fn business_time_catches_up_and_never_goes_back() {
        let clock = Clock::default();
        clock.catch_up(Duration::days(2));
        clock.catch_up(Duration::days(1));
        assert_eq!(clock.ahead(), Duration::days(2));
    }

    #[test]
    fn a_day_begins_at_midnight_in_beijing() {
        let day = beijing_day("2026-11-23T16:00:00Z".parse().unwrap_or_default());
        assert_eq!(beijing_midnight(day).to_rfc3339(), "2026-11-23T16:00:00+00:00");
    }

    #[test]
    fn the_day_turns_at_sixteen_hours_utc() {
        let at = |text: &str| text.parse::<Time>().map(beijing_day).map(|d| d.to_string()).unwrap_or_default();
        assert_eq!(at("2026-11-23T15:59:59Z"), "2026-11-23");
        assert_eq!(at("2026-11-23T16:00:00Z"), "2026-11-24");
    }
}
