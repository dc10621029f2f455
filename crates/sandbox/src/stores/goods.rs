//! A store's goods: those it was filled with, which are made again from a few numbers, and what was
//! changed since, which alone is kept.

use std::collections::BTreeMap;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use super::generate;

/// One item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoreItem {
    /// The platform's number.
    pub number: u64,
    /// Title.
    pub title: String,
    /// Number of its category.
    pub category_id: i64,
    /// Name of its category.
    pub category: String,
    /// Numbers of its pictures, the main one first: `/pictures/{number}.png`.
    pub pictures: Vec<u64>,
    /// Whether it is on the shelf.
    pub on_sale: bool,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds of the last change, of stock too.
    pub changed_at: i64,
    /// At least one. An item without choices has one variant without specs.
    pub variants: Vec<StoreVariant>,
    #[serde(skip)]
    pub(super) touched: Touched,
}

/// One variant of an item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoreVariant {
    /// The platform's number.
    pub number: u64,
    /// The merchant's own code; may be empty.
    pub code: String,
    /// EAN-13; may be empty.
    pub barcode: String,
    /// Names and values, as 规格: 2斤装.
    pub specs: Vec<(String, String)>,
    /// Price in minor units of the store's currency.
    pub price_minor: i64,
    /// What the platform shows and sells.
    pub quantity: i64,
    /// Whether this variant is sold.
    pub on_sale: bool,
}

/// How much of an item must be kept because it is no longer as it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Touched {
    #[default]
    Not,
    Stock,
    Whole,
}

/// Goods that a store was filled with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fill {
    /// Number of the first item; the others follow.
    pub(super) first: u64,
    pub(super) count: u64,
    /// Number of the first listing of the catalogue; the same listing in two stores has the same codes.
    pub(super) listing: u64,
    /// At most so many variants each.
    pub(super) variants: usize,
    pub(super) quantity: i64,
    pub(super) currency: String,
    pub(super) at: i64,
}

/// All goods of a store by their numbers.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "Kept")]
pub(crate) struct Shelf {
    fills: Vec<Fill>,
    items: BTreeMap<u64, StoreItem>,
    next: u64,
}

/// What is written of a shelf.
#[derive(Deserialize)]
struct Kept {
    fills: Vec<Fill>,
    stock: Vec<(u64, i64, Vec<i64>)>,
    items: Vec<StoreItem>,
    next: u64,
}

impl Serialize for Shelf {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let quantities = |item: &StoreItem| item.variants.iter().map(|variant| variant.quantity).collect::<Vec<_>>();
        let stock: Vec<_> =
            self.of(Touched::Stock).map(|item| (item.number, item.changed_at, quantities(item))).collect();
        let items: Vec<&StoreItem> = self.of(Touched::Whole).collect();
        let mut kept = to.serialize_struct("Shelf", 4)?;
        kept.serialize_field("fills", &self.fills)?;
        kept.serialize_field("stock", &stock)?;
        kept.serialize_field("items", &items)?;
        kept.serialize_field("next", &self.next)?;
        kept.end()
    }
}

impl From<Kept> for Shelf {
    fn from(kept: Kept) -> Self {
        let mut shelf = Shelf { next: kept.next, ..Shelf::default() };
        for fill in kept.fills {
            shelf.make(fill);
        }
        for (number, changed_at, quantities) in kept.stock {
            let Some(item) = shelf.items.get_mut(&number) else { continue };
            item.changed_at = changed_at;
            item.touched = Touched::Stock;
            for (variant, quantity) in item.variants.iter_mut().zip(quantities) {
                variant.quantity = quantity;
            }
        }
        for item in kept.items {
            shelf.items.insert(item.number, StoreItem { touched: Touched::Whole, ..item });
        }
        shelf
    }
}

impl Shelf {
    pub(super) fn starting_at(first: u64) -> Self {
        Shelf { next: first, ..Shelf::default() }
    }

    /// Puts `count` made goods on the shelf; answers the number of the first.
    pub(super) fn fill(&mut self, mut fill: Fill) -> u64 {
        fill.first = self.next;
        self.next += fill.count;
        let first = fill.first;
        self.make(fill);
        first
    }

    fn make(&mut self, fill: Fill) {
        self.items.extend(generate::items(&fill).map(|item| (item.number, item)));
        self.fills.push(fill);
    }

    /// Adds an item, or puts it in the place of the one with its number; 0 gets a new number.
    pub(super) fn put(&mut self, mut item: StoreItem) -> u64 {
        if item.number == 0 {
            item.number = self.next;
            self.next += 1;
        }
        for (place, variant) in (1..).zip(&mut item.variants) {
            if variant.number == 0 {
                variant.number = item.number * 100 + place;
            }
        }
        item.touched = Touched::Whole;
        let number = item.number;
        self.items.insert(number, item);
        number
    }

    /// All items by number.
    pub(crate) fn all(&self) -> impl DoubleEndedIterator<Item = &StoreItem> {
        self.items.values()
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn item(&self, number: u64) -> Option<&StoreItem> {
        self.items.get(&number)
    }

    /// An item to be changed at `now`.
    pub(crate) fn change(&mut self, number: u64, now: i64) -> Option<&mut StoreItem> {
        let item = self.items.get_mut(&number)?;
        item.touched = Touched::Whole;
        item.changed_at = now.max(item.changed_at);
        Some(item)
    }

    /// The item of a variant: their numbers say it, but for goods put in by hand.
    pub(crate) fn item_of_variant(&self, variant: u64) -> Option<&StoreItem> {
        let has = |item: &&StoreItem| item.variants.iter().any(|one| one.number == variant);
        self.items.get(&(variant / 100)).filter(has).or_else(|| self.items.values().find(has))
    }

    pub(crate) fn variant(&self, variant: u64) -> Option<(&StoreItem, &StoreVariant)> {
        let item = self.item_of_variant(variant)?;
        Some((item, item.variants.iter().find(|one| one.number == variant)?))
    }

    /// The variant with this own code; codes are not always unique, the first counts.
    pub(crate) fn variant_by_code(&self, code: &str) -> Option<(&StoreItem, &StoreVariant)> {
        let of = |item| move |variant| (item, variant);
        let mut all = self.items.values().flat_map(|item| item.variants.iter().map(of(item)));
        all.find(|(_, variant): &(&StoreItem, &StoreVariant)| !code.is_empty() && variant.code == code)
    }

    /// Sets what a variant has; a quantity below zero is refused. Answers what it had.
    pub(crate) fn set_quantity(&mut self, variant: u64, quantity: i64, now: i64) -> Result<i64, StockRefused> {
        let item = self.item_of_variant(variant).map(|item| item.number).ok_or(StockRefused::NoVariant)?;
        let item = self.items.get_mut(&item).ok_or(StockRefused::NoVariant)?;
        let variant = item.variants.iter_mut().find(|one| one.number == variant).ok_or(StockRefused::NoVariant)?;
        if quantity < 0 {
            return Err(StockRefused::Negative);
        }
        let had = std::mem::replace(&mut variant.quantity, quantity);
        item.touched = item.touched.max(Touched::Stock);
        item.changed_at = now.max(item.changed_at);
        Ok(had)
    }

    /// As [`Shelf::set_quantity`], by a difference.
    pub(crate) fn add_quantity(&mut self, variant: u64, difference: i64, now: i64) -> Result<i64, StockRefused> {
        let (_, found) = self.variant(variant).ok_or(StockRefused::NoVariant)?;
        let sum = found.quantity.checked_add(difference).ok_or(StockRefused::Negative)?;
        self.set_quantity(variant, sum, now)
    }

    fn of(&self, touched: Touched) -> impl Iterator<Item = &StoreItem> {
        self.items.values().filter(move |item| item.touched == touched)
    }
}

/// Why a quantity was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StockRefused {
    NoVariant,
    Negative,
}

impl StoreItem {
    /// What all variants have together.
    pub fn quantity(&self) -> i64 {
        self.variants.iter().map(|variant| variant.quantity).sum()
    }

    /// The cheapest and the dearest variant's price.
    pub fn prices(&self) -> (i64, i64) {
        let prices = || self.variants.iter().map(|variant| variant.price_minor);
        (prices().min().unwrap_or(0), prices().max().unwrap_or(0))
    }

    /// Whether there is a choice between variants.
    pub fn has_choices(&self) -> bool {
        self.variants.iter().any(|variant| !variant.specs.is_empty())
    }

    /// Whether it changed within these seconds, both included; an open end is none.
    pub(crate) fn changed_within(&self, from: Option<i64>, until: Option<i64>) -> bool {
        from.is_none_or(|from| self.changed_at >= from) && until.is_none_or(|until| self.changed_at <= until)
    }
}

/// The rows of page `page` (from 1) of `size`, and how many rows there are in all.
pub(crate) fn page<T>(rows: Vec<T>, page: usize, size: usize) -> (Vec<T>, usize) {
    let total = rows.len();
    (rows.into_iter().skip(page.saturating_sub(1).saturating_mul(size)).take(size).collect(), total)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn filled(count: u64) -> Shelf {
        let mut shelf = Shelf::starting_at(600_000_000_001);
        let currency = "CNY".to_owned();
        shelf.fill(Fill { first: 0, count, listing: 1, variants: 3, quantity: 0, currency, at: 1_795_000_000 });
        shelf
    }

    #[test]
    fn ten_thousand_goods_are_made_at_once_and_only_what_changed_is_written() {
        let mut shelf = filled(10_000);
        assert_eq!(shelf.len(), 10_000);
        let bare = serde_json::to_vec(&shelf).unwrap().len();
        assert!(bare < 1_000, "{bare} bytes");

        let variant = shelf.item(600_000_000_006).unwrap().variants[0].number;
        assert!(shelf.set_quantity(variant, 7, 1_795_000_100).unwrap() > 0);
        shelf.change(600_000_000_009, 1_795_000_200).unwrap().title = "新名字".to_owned();
        let extra = shelf.put(StoreItem { number: 0, ..shelf.item(600_000_000_005).unwrap().clone() });
        let read: Shelf = serde_json::from_slice(&serde_json::to_vec(&shelf).unwrap()).unwrap();
        assert_eq!(read.items, shelf.items);
        assert_eq!(read.variant(variant).unwrap().1.quantity, 7);
        assert_eq!((read.next, extra), (shelf.next, 600_000_010_001));
    }

    #[test]
    fn no_stock_falls_below_zero() {
        let mut shelf = filled(3);
        let variant = shelf.item(600_000_000_001).unwrap().variants[0].number;
        shelf.set_quantity(variant, 2, 1).unwrap();
        assert_eq!(shelf.add_quantity(variant, -3, 2), Err(StockRefused::Negative));
        assert_eq!(shelf.set_quantity(variant, -1, 2), Err(StockRefused::Negative));
        assert_eq!(shelf.add_quantity(variant, -2, 2), Ok(2));
        assert_eq!(shelf.set_quantity(1, 1, 2), Err(StockRefused::NoVariant));
    }

    #[test]
    fn equal_listings_have_equal_codes_and_valid_barcodes_in_every_store() {
        let (here, there) = (filled(50), filled(50));
        for (ours, theirs) in here.all().zip(there.all()) {
            assert_eq!(ours, theirs);
            for variant in &ours.variants {
                let digits: Vec<u32> = variant.barcode.chars().filter_map(|sign| sign.to_digit(10)).collect();
                let sum: u32 =
                    digits.iter().zip([1, 3].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
                assert_eq!((digits.len(), sum % 10), (13, 0), "{}", variant.barcode);
            }
        }
    }
}
