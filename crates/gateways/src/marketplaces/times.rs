//! Wall-clock text of Beijing (UTC+8, no summer time), the clock of TOP and JD.

use chrono::{DateTime, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use kernel::clock::beijing;

const TEXT: &str = "%Y-%m-%d %H:%M:%S";

/// `now` as `yyyy-MM-dd HH:mm:ss` in Beijing.
pub fn beijing_text(now: DateTime<Utc>) -> String {
    now.with_timezone(&beijing()).format(TEXT).to_string()
}

/// The moment named by `yyyy-MM-dd HH:mm:ss` in Beijing; `None` when it is not that.
pub fn from_beijing_text(text: &str) -> Option<DateTime<Utc>> {
    from_beijing(NaiveDateTime::parse_from_str(text, TEXT).ok()?)
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
    let today = now.with_timezone(&beijing()).date_naive();
    from_beijing(today.and_time(NaiveTime::MIN)).unwrap_or(now)
}

fn from_beijing(local: NaiveDateTime) -> Option<DateTime<Utc>> {
    local.and_local_timezone(beijing()).single().map(|at| at.with_timezone(&Utc))
}
