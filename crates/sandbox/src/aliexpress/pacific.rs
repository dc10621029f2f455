//! The wall clock of the US Pacific coast, summer time included, in which AliExpress writes its times.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Weekday};

const TEXT: &str = "%Y-%m-%d %H:%M:%S";

/// `unix` seconds as `yyyy-MM-dd HH:mm:ss` on that coast.
pub(super) fn text(unix: i64) -> String {
    let utc = DateTime::from_timestamp(unix, 0).unwrap_or_default().naive_utc();
    (utc - TimeDelta::hours(hours_behind(utc))).format(TEXT).to_string()
}

/// Reads such a text; of the hour that comes twice in November, the first.
pub(super) fn parse(text: &str) -> Option<i64> {
    let local = NaiveDateTime::parse_from_str(text, TEXT).ok()?;
    let in_summer = local + TimeDelta::hours(7);
    let utc = if hours_behind(in_summer) == 7 { in_summer } else { local + TimeDelta::hours(8) };
    Some(utc.and_utc().timestamp())
}

/// Seven hours from the second Sunday of March, 10:00 UTC, to the first Sunday of November, 9:00 UTC,
/// else eight.
fn hours_behind(utc: NaiveDateTime) -> i64 {
    let change = |month, nth, hour| {
        NaiveDate::from_weekday_of_month_opt(utc.year(), month, Weekday::Sun, nth)?.and_hms_opt(hour, 0, 0)
    };
    match (change(3, 2, 10), change(11, 1, 9)) {
        (Some(spring), Some(autumn)) if spring <= utc && utc < autumn => 7,
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coast_is_eight_hours_behind_in_winter_and_seven_in_summer() {
        let unix = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().timestamp();
        for (utc, there) in [
            ("2026-11-22T01:03:00Z", "2026-11-21 17:03:00"),
            ("2026-07-01T07:00:00Z", "2026-07-01 00:00:00"),
            ("2026-03-08T09:59:59Z", "2026-03-08 01:59:59"),
            ("2026-03-08T10:00:00Z", "2026-03-08 03:00:00"),
        ] {
            assert_eq!(text(unix(utc)), there);
            assert_eq!(parse(there), Some(unix(utc)));
        }
        assert_eq!(parse("2026-11-21"), None);
    }
}
