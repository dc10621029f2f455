//! Decimal text to minor units.

use gateways::marketplaces::money::{Currency, Money, MoneyError, bp_from_percent, fen_from_yuan};
use kernel::money::{BasisPoints, Fen};
use proptest::prelude::*;
use serde_json::Value;

use crate::vectors;

#[test]
fn the_vectors() {
    let file = vectors::global();
    let list = file["money"].as_array().unwrap();
    assert_eq!(list.len(), 8);
    for case in list {
        let text = match &case["amount"] {
            Value::String(text) => text.clone(),
            // The file's own numbers have few digits, so their text survives the parser.
            number => number.to_string(),
        };
        let read = Currency::parse(case["currency"].as_str().unwrap()).and_then(|currency| {
            let minor = case["unit"] == "minor";
            if minor { Money::from_minor(&text, currency) } else { Money::from_major(&text, currency) }
        });
        match case["minor"].as_i64() {
            Some(minor) => assert_eq!(read.map(|money| money.minor), Ok(minor), "{case}"),
            None => assert!(read.is_err(), "{case}"),
        }
    }
}

#[test]
fn yuan_to_fen_is_exact() {
    for (text, fen) in
        [("19.9", 1990), ("0.01", 1), ("-3.10", -310), ("5e1", 5000), ("1.5E-1", 15), ("500.000", 50_000)]
    {
        assert_eq!(fen_from_yuan(text), Ok(Fen::from_fen(fen)), "{text}");
    }
}

#[test]
fn what_is_not_an_amount_is_refused() {
    for text in ["", " ", "-", ".", "1.", ".5", "+1", "1,000", "NaN", "inf", "0x10", "1e", "1e999", "一"] {
        assert_eq!(fen_from_yuan(text), Err(MoneyError::NotANumber), "{text:?}");
    }
    assert_eq!(fen_from_yuan("0.001"), Err(MoneyError::SurplusDigits));
    assert_eq!(fen_from_yuan("92233720368547758.08"), Err(MoneyError::OutOfRange));
    assert_eq!(fen_from_yuan("1e40"), Err(MoneyError::OutOfRange));
    assert_eq!(Currency::parse("ABC"), Err(MoneyError::UnknownCurrency));
    assert_eq!(Currency::parse("cny"), Err(MoneyError::UnknownCurrency));
}

#[test]
fn percent_to_basis_points_rounds_down() {
    assert_eq!(bp_from_percent("8.50"), Ok(BasisPoints::new(850)));
    assert_eq!(bp_from_percent("8.559"), Ok(BasisPoints::new(855)));
    assert_eq!(bp_from_percent("-1"), Err(MoneyError::OutOfRange));
}

proptest! {
    #[test]
    fn every_amount_survives_being_written(minor in any::<i64>()) {
        let sign = if minor < 0 { "-" } else { "" };
        let size = minor.unsigned_abs();
        let text = format!("{sign}{}.{:02}", size / 100, size % 100);
        prop_assert_eq!(fen_from_yuan(&text), Ok(Fen::from_fen(minor)));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,60}") {
        let _ = fen_from_yuan(&text);
        let _ = bp_from_percent(&text);
    }
}
