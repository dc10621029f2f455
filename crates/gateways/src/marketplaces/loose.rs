//! One JSON value as a partner may write it: number, text, boolean, `null` or not there.
//!
//! The platforms change a field between `12`, `"12"` and `null` from one method to the next, and
//! their ids exceed 2^53. So a wire field keeps the *text* of its token and is judged when read.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::money::{BasisPoints, Fen};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::money::{self, Currency, Money, MoneyError};
use super::times;

/// A scalar of a partner's JSON, by its text. Objects and arrays count as absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loose(Option<String>);

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Some(raw) = Option::<Box<RawValue>>::deserialize(from)? else {
            return Ok(Loose(None));
        };
        let token = raw.get();
        let text = match token.bytes().next() {
            Some(b'"') => Some(serde_json::from_str(token).map_err(serde::de::Error::custom)?),
            Some(b'{' | b'[') | None => None,
            Some(_) => Some(token.to_owned()),
        };
        Ok(Loose(text))
    }
}

impl Loose {
    /// The text, unless absent or blank.
    pub fn text(&self) -> Option<&str> {
        self.0.as_deref().map(str::trim).filter(|text| !text.is_empty())
    }

    /// The text as an owned string.
    pub fn owned(&self) -> Option<String> {
        self.text().map(str::to_owned)
    }

    /// The text as it came, blank included; for values that must go back verbatim.
    pub fn verbatim(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// An id: the text, where `0` also means "none" on all three platforms.
    pub fn id(&self) -> Option<String> {
        self.text().filter(|text| *text != "0").map(str::to_owned)
    }

    /// An integer written as number or text.
    pub fn integer(&self) -> Option<i64> {
        money::scaled(self.text()?, 0).ok()
    }

    /// An amount written in fen.
    pub fn fen(&self) -> Option<Fen> {
        self.integer().map(Fen::from_fen)
    }

    /// A flag written as `true`, `1` or their text.
    pub fn is_true(&self) -> bool {
        matches!(self.text(), Some("true" | "1"))
    }

    /// An amount written in yuan, as fen. Absent is `None`, unreadable is an error.
    pub fn fen_from_yuan(&self) -> Result<Option<Fen>, MoneyError> {
        self.text().map(money::fen_from_yuan).transpose()
    }

    /// A rate written in percent, as basis points. Absent is `None`, unreadable is an error.
    pub fn bp_from_percent(&self) -> Result<Option<BasisPoints>, MoneyError> {
        self.text().map(money::bp_from_percent).transpose()
    }

    /// A moment in unix seconds; 0 means none.
    pub fn unix_seconds(&self) -> Option<DateTime<Utc>> {
        let seconds = self.integer().filter(|seconds| *seconds > 0)?;
        DateTime::from_timestamp(seconds, 0)
    }

    /// A moment in unix milliseconds; 0 means none.
    pub fn unix_millis(&self) -> Option<DateTime<Utc>> {
        let millis = self.integer().filter(|millis| *millis > 0)?;
        DateTime::from_timestamp_millis(millis)
    }

    /// The moment that many seconds after `now`, for lives of tokens.
    pub fn seconds_after(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let seconds = self.integer().filter(|seconds| *seconds > 0)?;
        now.checked_add_signed(TimeDelta::try_seconds(seconds)?)
    }

    /// A count of rows.
    pub fn count(&self) -> Option<u64> {
        self.integer().and_then(|count| u64::try_from(count).ok())
    }

    /// An amount in major units of `currency`. Absent is `None`, unreadable is an error.
    pub fn major(&self, currency: Currency) -> Result<Option<Money>, MoneyError> {
        self.text().map(|text| Money::from_major(text, currency)).transpose()
    }

    /// An amount in yuan; unreadable is as good as absent, for amounts that only inform.
    pub fn yuan(&self) -> Option<Money> {
        self.major(Currency::CNY).ok().flatten()
    }

    /// An amount in fen, as money.
    pub fn fen_money(&self) -> Option<Money> {
        self.fen().map(Money::cny)
    }

    /// A moment written as wall-clock text of Beijing.
    pub fn beijing_time(&self) -> Option<DateTime<Utc>> {
        times::from_beijing_text(self.text()?)
    }
}

/// A JSON array that may also be `null`, missing, or an empty object where there is nothing. An
/// element that is not what it should be is read as an empty one, and skipped by the mapping.
#[derive(Clone, Debug)]
pub struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        List(Vec::new())
    }
}

impl<'de, T: DeserializeOwned + Default> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Some(raw) = Option::<Box<RawValue>>::deserialize(from)? else {
            return Ok(List::default());
        };
        if !raw.get().starts_with('[') {
            return Ok(List::default());
        }
        let elements: Vec<Box<RawValue>> = serde_json::from_str(raw.get()).map_err(serde::de::Error::custom)?;
        let read = |element: Box<RawValue>| serde_json::from_str(element.get()).unwrap_or_default();
        Ok(List(elements.into_iter().map(read).collect()))
    }
}
