//! Amounts in minor units, written as platforms write them.

use serde_json::{Number, Value};

/// Digits behind the point of a currency.
pub(crate) fn digits(currency: &str) -> u32 {
    match currency {
        "JPY" | "KRW" | "VND" | "CLP" | "ISK" | "PYG" | "UGX" | "XAF" | "XOF" | "RWF" => 0,
        "KWD" | "BHD" | "OMR" | "JOD" | "TND" | "IQD" | "LYD" => 3,
        _ => 2,
    }
}

/// `1990` of `CNY` as `19.90`, of `JPY` as `1990`.
pub(crate) fn decimal(minor: i64, currency: &str) -> String {
    let digits = digits(currency);
    let unit = 10_i64.pow(digits);
    let sign = if minor < 0 { "-" } else { "" };
    let (whole, rest) = (minor.abs() / unit, minor.abs() % unit);
    if digits == 0 {
        return format!("{sign}{whole}");
    }
    let width = usize::try_from(digits).unwrap_or(2);
    format!("{sign}{whole}.{rest:0width$}")
}

/// The same as a JSON number without needless zeros: `19.9`.
pub(crate) fn number(minor: i64, currency: &str) -> Value {
    let text = decimal(minor, currency);
    let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    let read = if short.contains('.') {
        short.parse().ok().and_then(Number::from_f64)
    } else {
        short.parse().ok().map(|whole: i64| whole.into())
    };
    read.map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_in_the_currencys_own_digits() {
        assert_eq!(decimal(1_990, "CNY"), "19.90");
        assert_eq!(decimal(5, "USD"), "0.05");
        assert_eq!(decimal(-105, "USD"), "-1.05");
        assert_eq!(decimal(1_990, "JPY"), "1990");
        assert_eq!(decimal(1_990, "KWD"), "1.990");
        assert_eq!(number(1_990, "CNY").to_string(), "19.9");
        assert_eq!(number(2_000, "CNY").to_string(), "20");
        assert_eq!(number(35, "CNY").to_string(), "0.35");
    }
}
