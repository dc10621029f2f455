//! Amounts as platforms write them.

use serde_json::Value;

use crate::rest::amount::decimal;

/// Minor units as a decimal text in the currency's unit: `29.90`, `-0.05`, in yen `300`.
pub(crate) fn major(minor: i64, currency: &str) -> String {
    decimal(minor, currency)
}

/// A decimal text as a JSON number.
pub(crate) fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}
