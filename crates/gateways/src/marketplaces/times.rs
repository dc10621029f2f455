//! Wall-clock text of Beijing (UTC+8, no summer time), the clock of TOP and JD; and its day.

use chrono::{DateTime, NaiveDateTime, NaiveTime, TimeDelta, Utc};

const TEXT: &str = "%Y-%m-%d %H:%M:%S";
const AHEAD_H: i64 = 8;

/// `now` as `yyyy-MM-dd HH:mm:ss` in Beijing.
pub fn beijing_text(now: DateTime<Utc>) -> String {
    in_beijing(now).format(TEXT).to_string()
}

/// The moment named by `yyyy-MM-dd HH:mm:ss` in Beijing; `None` when it is not that.
pub fn from_beijing_text(text: &str) -> Option<DateTime<Utc>> {
    let local = NaiveDateTime::parse_from_str(text, TEXT).ok()?;
    from_beijing(local)
}

/// How many days have begun in Beijing since 1970; the unit in which platforms count quotas.
pub fn beijing_day(now: DateTime<Utc>) -> i64 {
    (now.timestamp() + AHEAD_H * 3600).div_euclid(86_400)
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
    let local = in_beijing(now).date().and_time(NaiveTime::MIN);
    from_beijing(local).unwrap_or(now)
}

fn in_beijing(now: DateTime<Utc>) -> NaiveDateTime {
    now.naive_utc() + TimeDelta::hours(AHEAD_H)
}

fn from_beijing(local: NaiveDateTime) -> Option<DateTime<Utc>> {
    local.checked_sub_signed(TimeDelta::hours(AHEAD_H)).map(|utc| utc.and_utc())
}
