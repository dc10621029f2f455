//! Goods made from numbers alone, out of the catalogue's words.

use super::goods::{Fill, StoreItem, StoreVariant, Touched};
use crate::catalogue::{Dice, Listing, listing};

/// Every so many items have no variants to choose from.
const PLAIN_EVERY: u64 = 4;

/// How long ago made goods were put up.
const AGE_S: i64 = 90 * 86_400;

/// Seconds between the last changes of two of them.
const APART_S: i64 = 20;

/// The goods of one fill.
pub(super) fn items(fill: &Fill) -> impl Iterator<Item = StoreItem> {
    (0..fill.count).filter_map(|nth| item(fill, nth))
}

fn item(fill: &Fill, nth: u64) -> Option<StoreItem> {
    let listing = listing(fill.listing + nth)?;
    let number = fill.first + nth;
    let units = listing.units();
    let choices =
        if fill.variants < 2 || listing.number % PLAIN_EVERY == 0 { 1 } else { fill.variants.min(units.len()) };
    let mut dice = Dice::of(listing.number ^ 0x5_70c4);
    let variants = (1..).zip(units.iter().take(choices)).map(|(place, unit)| {
        let larger = i64::try_from(place).unwrap_or(1) * 60 + 40;
        StoreVariant {
            number: number * 100 + place,
            code: format!("TQ{:06}-{place}", listing.number),
            barcode: barcode(listing.number, place),
            specs: if choices > 1 { vec![("规格".to_owned(), (*unit).to_owned())] } else { Vec::new() },
            price_minor: in_currency(listing.price_fen * larger / 100, &fill.currency),
            quantity: if fill.quantity > 0 { fill.quantity } else { dice.between(20, 400) },
            on_sale: true,
        }
    });
    Some(StoreItem {
        number,
        title: title(&listing),
        category_id: listing.category.id,
        category: listing.category.name.to_owned(),
        pictures: vec![listing.number, listing.number + 1],
        on_sale: true,
        created_at: fill.at - AGE_S,
        // Goods of a real store did not all change at one moment; lists by change rely on it.
        changed_at: fill.at - i64::try_from(fill.count - nth).unwrap_or(0) * APART_S,
        variants: variants.collect(),
        touched: Touched::Not,
    })
}

fn title(listing: &Listing) -> String {
    listing.title.clone()
}

/// An EAN-13 below the prefix 690 of China.
fn barcode(listing: u64, place: u64) -> String {
    let body = format!("690{:08}{}", listing % 100_000_000, place % 10);
    let sum: u32 =
        body.chars().filter_map(|sign| sign.to_digit(10)).zip([1, 3].into_iter().cycle()).map(|(a, b)| a * b).sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// A price in fen as about the same in minor units of another currency.
pub(super) fn in_currency(fen: i64, currency: &str) -> i64 {
    let thousandths = match currency {
        "USD" => 140,
        "EUR" => 130,
        "GBP" => 110,
        "CAD" => 190,
        "AUD" => 210,
        // A yen has no smaller part.
        "JPY" => 210,
        "MXN" => 2_600,
        "INR" => 12_000,
        "MYR" => 620,
        _ => 1_000,
    };
    (fen * thousandths / 1_000).max(1)
}
