//! Wall-clock text of the US Pacific coast, summer time included: the clock of AliExpress, and of days
//! after which several platforms count calls anew.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc, Weekday};

const TEXT: &str = "%Y-%m-%d %H:%M:%S";

/// `at` as `yyyy-MM-dd HH:mm:ss` on that coast.
pub fn text(at: DateTime<Utc>) -> String {
    wall(at).format(TEXT).to_string()
}

/// The moment named by `yyyy-MM-dd HH:mm:ss` there. Of the hour that November has twice, the first.
pub fn from_text(text: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(text, TEXT).ok().map(moment)
}

/// The next midnight there.
pub fn next_midnight(now: DateTime<Utc>) -> DateTime<Utc> {
    moment((wall(now).date() + TimeDelta::days(1)).and_time(chrono::NaiveTime::MIN))
}

fn wall(at: DateTime<Utc>) -> NaiveDateTime {
    at.naive_utc() - TimeDelta::hours(if is_summer(at.naive_utc()) { 7 } else { 8 })
}

fn moment(local: NaiveDateTime) -> DateTime<Utc> {
    let summer = local + TimeDelta::hours(7);
    if is_summer(summer) { summer.and_utc() } else { (local + TimeDelta::hours(8)).and_utc() }
}

/// From the second Sunday of March, 2:00 standard time, to the first Sunday of November, 2:00 summer
/// time (law of the United States since 2007).
fn is_summer(utc: NaiveDateTime) -> bool {
    let year = chrono::Datelike::year(&utc);
    let sunday = |month, nth, hour| {
        NaiveDate::from_weekday_of_month_opt(year, month, Weekday::Sun, nth)?.and_hms_opt(hour, 0, 0)
    };
    match (sunday(3, 2, 10), sunday(11, 1, 9)) {
        (Some(begin), Some(end)) => begin <= utc && utc < end,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn the_clock_changes_in_march_and_november() {
        for (moment, there) in [
            ("2026-11-22T01:03:00Z", "2026-11-21 17:03:00"),
            ("2026-03-08T09:59:59Z", "2026-03-08 01:59:59"),
            ("2026-03-08T10:00:00Z", "2026-03-08 03:00:00"),
            ("2026-11-01T08:30:00Z", "2026-11-01 01:30:00"),
            ("2026-11-01T09:00:00Z", "2026-11-01 01:00:00"),
            ("2026-07-01T07:00:00Z", "2026-07-01 00:00:00"),
        ] {
            assert_eq!(text(utc(moment)), there);
        }
    }

    #[test]
    fn a_text_names_one_moment_even_in_the_hours_that_are_missing_or_doubled() {
        for (there, moment) in [
            ("2026-11-21 17:03:00", "2026-11-22T01:03:00Z"),
            ("2026-11-01 01:30:00", "2026-11-01T08:30:00Z"),
            ("2026-03-08 02:30:00", "2026-03-08T10:30:00Z"),
        ] {
            assert_eq!(from_text(there), Some(utc(moment)));
        }
        assert_eq!(from_text("2026-11-21"), None);
    }

    #[test]
    fn days_end_at_midnight_there() {
        assert_eq!(next_midnight(utc("2026-11-22T01:03:00Z")), utc("2026-11-22T08:00:00Z"));
        assert_eq!(next_midnight(utc("2026-07-01T07:00:00Z")), utc("2026-07-02T07:00:00Z"));
    }
}
