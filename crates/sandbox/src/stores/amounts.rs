//! Amounts as platforms write them.

use serde_json::Value;

/// Minor units as a decimal text in the currency's unit: `29.90`, `-0.05`, in yen `300`.
pub(crate) fn major(minor: i64, currency: &str) -> String {
    if currency == "JPY" {
        return minor.to_string();
    }
    let sign = if minor < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", minor.abs() / 100, minor.abs() % 100)
}

/// A decimal text as a JSON number.
pub(crate) fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}
