//! Wall-clock text of Beijing (UTC+8, no summer time), the clock of TOP and JD.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use kernel::clock::{beijing, beijing_day, beijing_midnight, beijing_moment};

const TEXT: &str = "%Y-%m-%d %H:%M:%S";

/// `now` as `yyyy-MM-dd HH:mm:ss` in Beijing.
pub fn beijing_text(now: DateTime<Utc>) -> String {
    now.with_timezone(&beijing()).format(TEXT).to_string()
}

/// The moment named by `yyyy-MM-dd HH:mm:ss` in Beijing; `None` when it is not that.
pub fn from_beijing_text(text: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(text, TEXT).ok().map(beijing_moment)
}

/// The next midnight in Beijing, when daily quotas start anew.
pub fn next_beijing_midnight(now: DateTime<Utc>) -> DateTime<Utc> {
    midnight(now) + TimeDelta::days(1)
}

/// The midnight that began the day before `now` in Beijing: how far back a first pull reaches.
pub fn previous_beijing_day(now: DateTime<Utc>) -> DateTime<Utc> {
    midnight(now) - TimeDelta::days(1)
}

fn midnight(now: DateTime<Utc>) -> DateTime<Utc> {
    beijing_midnight(beijing_day(now))
}
