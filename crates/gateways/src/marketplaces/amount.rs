//! Amounts that name their currency, and moments as ISO 8601 writes them.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;

use super::loose::Loose;
use super::money::{Currency, Money, MoneyError};

/// An amount with its currency, under the names that platforms give the two.
#[derive(Clone, Deserialize, Default)]
#[serde(default)]
pub struct Amount {
    #[serde(alias = "value", alias = "Amount")]
    amount: Loose,
    #[serde(alias = "currencyCode", alias = "currency_code", alias = "CurrencyCode")]
    currency: Loose,
}

impl Amount {
    /// The amount; absent is `None`, unreadable is an error.
    pub fn money(&self) -> Result<Option<Money>, MoneyError> {
        let Some(text) = self.amount.text() else { return Ok(None) };
        money(text, &self.currency).map(Some)
    }

    /// The same for amounts that only inform: unreadable is as good as absent.
    pub fn known(&self) -> Option<Money> {
        self.money().ok().flatten()
    }
}

/// An amount in major units of the currency that `code` names.
pub fn money(text: &str, code: &Loose) -> Result<Money, MoneyError> {
    let currency = Currency::parse(code.text().unwrap_or_default())?;
    Money::from_major(text, currency)
}

/// What one of `quantity` pieces costs, when that is a whole number of minor units.
pub fn each(whole: Money, quantity: i64) -> Option<Money> {
    let even = quantity > 0 && whole.minor.checked_rem(quantity) == Some(0);
    even.then(|| Money { minor: whole.minor.checked_div(quantity).unwrap_or_default(), currency: whole.currency })
}

/// A moment as ISO 8601 writes it.
pub fn moment(field: &Loose) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(field.text()?).ok().map(|at| at.to_utc())
}

/// `at` as `2026-11-22T01:05:00Z`.
pub fn iso(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// `at` as `2026-11-22T01:05:00.000Z`.
pub fn iso_millis(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
