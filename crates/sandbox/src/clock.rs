//! The sandbox's two times.
//!
//! *Wall time* rules signatures, tokens, login codes and retries; *sandbox time* (wall time plus an
//! offset that only grows) rules everything a business rule names: payment deadlines, the minute
//! before sharing, the day a transfer waits. Tests and the tour move the second one.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};

/// Seconds by which Beijing time is ahead of UTC.
const BEIJING_S: i32 = 8 * 3600;

/// A hundred years.
const LARGEST_OFFSET_S: i64 = 100 * 366 * 86_400;

/// Wall time and the offset that makes sandbox time out of it.
#[derive(Debug, Default)]
pub struct SandboxClock {
    offset_s: AtomicI64,
}

impl SandboxClock {
    /// Unix seconds of the machine.
    pub fn wall(&self) -> i64 {
        Utc::now().timestamp()
    }

    /// Unix milliseconds of the machine.
    pub fn wall_ms(&self) -> i64 {
        Utc::now().timestamp_millis()
    }

    /// Unix seconds of the sandbox: wall time plus the offset.
    pub fn now(&self) -> i64 {
        self.wall().saturating_add(self.offset_s())
    }

    /// How far sandbox time is ahead of wall time, in seconds.
    pub fn offset_s(&self) -> i64 {
        self.offset_s.load(Ordering::Relaxed)
    }

    /// Moves sandbox time on by `seconds`; a negative value moves it back.
    pub fn advance(&self, seconds: i64) {
        self.set_offset(self.offset_s().saturating_add(seconds));
    }

    /// Sets the offset in seconds, at most a hundred years either way.
    pub fn set_offset(&self, seconds: i64) {
        self.offset_s.store(seconds.clamp(-LARGEST_OFFSET_S, LARGEST_OFFSET_S), Ordering::Relaxed);
    }
}

/// `unix` seconds as RFC 3339 with Beijing's offset, the form of WeChat Pay's times.
pub(crate) fn rfc3339(unix: i64) -> String {
    beijing(unix).to_rfc3339_opts(SecondsFormat::Secs, false)
}

/// `unix` seconds as `2026-11-22T01:05:00Z`.
pub(crate) fn rfc3339_utc(unix: i64) -> String {
    utc(unix).to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// `unix` seconds as `2026-11-22T01:05:00.000Z`.
pub(crate) fn rfc3339_utc_millis(unix: i64) -> String {
    utc(unix).to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Reads a moment in RFC 3339, as unix seconds.
pub(crate) fn parse_rfc3339(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.timestamp())
}

/// `unix` seconds as `yyyy-MM-dd HH:mm:ss` Beijing time, the form of TOP's times.
pub(crate) fn beijing_text(unix: i64) -> String {
    beijing(unix).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// `unix` seconds as `yyyyMMddHHmmss` Beijing time, used inside numbers the platforms mint.
pub(crate) fn beijing_digits(unix: i64) -> String {
    beijing(unix).format("%Y%m%d%H%M%S").to_string()
}

/// Reads `yyyy-MM-dd HH:mm:ss` as Beijing time.
pub(crate) fn parse_beijing(text: &str) -> Option<i64> {
    let naive = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok()?;
    Some(naive.and_utc().timestamp() - i64::from(BEIJING_S))
}

fn utc(unix: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(unix, 0).unwrap_or_default()
}

fn beijing(unix: i64) -> DateTime<FixedOffset> {
    let utc = utc(unix);
    match FixedOffset::east_opt(BEIJING_S) {
        Some(zone) => utc.with_timezone(&zone),
        None => utc.fixed_offset(),
    }
}
