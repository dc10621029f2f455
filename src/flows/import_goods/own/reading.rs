//! A store's item as goods of ours: which it can be, at which price, with which variants. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gateways::marketplaces::money::{Currency, Money};
use gateways::marketplaces::{RemoteGoods, RemoteSku};
use kernel::id::CategoryId;
use kernel::{Fen, ListingKind, MoneyError};
use serde_json::Value;

use super::super::listing::{PICTURES_MAX, TITLE_MAX, is_keepable, picture};
use crate::areas::goods::draft::{GoodsDraft, SKUS_MAX, SkuDraft};
use crate::areas::goods::rules::{DIMENSIONS_MAX, specs_key};
use crate::areas::goods::terms::Source;
use crate::areas::market_accounts::exchange;
use crate::areas::market_accounts::prices::{PriceRule, in_fen};
use crate::areas::market_accounts::rules::storable;
use crate::areas::stores::skus::Listed;

/// The longest name and value of a variant's dimension, in characters.
const NAME_MAX: usize = 20;
const VALUE_MAX: usize = 50;
/// The longest code or barcode.
const CODE_MAX: usize = 64;
/// Most units a SKU begins with.
const UNITS_MAX: i64 = 1_000_000_000;
/// The dimension of variants that name none in common.
const PLAIN: &str = "规格";

/// What an item is judged by.
pub(in super::super) struct Terms<'a> {
    /// How the store's prices become ours; none where nothing is priced.
    pub price: Option<&'a PriceRule>,
    /// Millionths of a yuan for one unit of each currency.
    pub rates: &'a HashMap<String, i64>,
    /// The marketplace's categories with ours.
    pub mapping: &'a HashMap<String, CategoryId>,
    /// The category of goods whose own is not mapped.
    pub category: Option<CategoryId>,
    /// What a variant begins with whose units are not told; `None`: nobody counts it.
    pub untold: Option<i64>,
}

/// An item that can be goods of ours.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Item {
    pub external_id: String,
    pub title: String,
    pub pictures: Vec<String>,
    pub category_id: Option<CategoryId>,
    pub on_sale: bool,
    pub variants: Vec<Variant>,
}

/// One variant of it.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Variant {
    /// The platform's id; empty for goods without variants.
    pub external_id: String,
    pub code: Option<String>,
    pub barcode: Option<String>,
    pub specs: BTreeMap<String, String>,
    /// What it costs there.
    pub there: Money,
    /// The same in fen.
    pub cost: Fen,
    /// What it costs here.
    pub price: Fen,
    /// Units there; `None` where they are not told.
    pub quantity: Option<i64>,
    /// Units that a SKU of it begins with; `None` where nobody counts.
    pub stock: Option<i64>,
    pub picture: Option<String>,
    pub on_sale: bool,
    pub extra: Value,
}

impl Item {
    /// Reads one item, or says why it cannot be goods of ours.
    pub fn read(row: &RemoteGoods, terms: &Terms<'_>) -> Result<Self, String> {
        if !is_keepable(&row.external_id) {
            return Err("an id that cannot be kept".to_owned());
        }
        let title = storable(&row.title, TITLE_MAX);
        if title.is_empty() {
            return Err("no title".to_owned());
        }
        if row.skus.is_empty() {
            return Err("no variants".to_owned());
        }
        if row.skus.len() > SKUS_MAX {
            return Err(format!("more than {SKUS_MAX} variants"));
        }
        let specs = specs_of(&row.skus);
        let variants = row.skus.iter().zip(specs).map(|(sku, specs)| Variant::read(sku, specs, terms));
        let mapped = row.category_id.as_ref().and_then(|theirs| terms.mapping.get(theirs));
        let item = Self {
            external_id: row.external_id.clone(),
            title,
            pictures: pictures_of(row),
            category_id: mapped.copied().or(terms.category),
            on_sale: !row.hidden,
            variants: variants.collect::<Result<_, _>>()?,
        };
        let ids: BTreeSet<&str> = item.variants.iter().map(|variant| variant.external_id.as_str()).collect();
        if ids.len() < item.variants.len() {
            return Err("two variants with one id".to_owned());
        }
        Ok(item)
    }

    /// New goods of it.
    pub fn draft(&self, marketplace: &str, on_shelf: bool) -> GoodsDraft {
        GoodsDraft {
            kind: ListingKind::Own,
            title: self.title.clone(),
            pictures: self.pictures.clone(),
            on_shelf: on_shelf && self.on_sale,
            category_id: self.category_id,
            source: Some(self.source(marketplace)),
            ..GoodsDraft::default()
        }
    }

    /// Where the goods come from.
    pub fn source(&self, marketplace: &str) -> Source {
        Source {
            marketplace: marketplace.to_owned(),
            external_id: self.external_id.clone(),
            url: None,
            shop_name: None,
            coupon_fen: None,
            rate_bp: None,
            estimated_commission_fen: None,
        }
    }

    /// What the store lists of it.
    pub fn listed(&self) -> impl Iterator<Item = Listed> {
        self.variants.iter().map(|variant| Listed {
            external_item_id: self.external_id.clone(),
            external_sku_id: variant.external_id.clone(),
            sku_code: variant.code.clone(),
            barcode: variant.barcode.clone(),
            title: self.title.clone(),
            spec: variant.spec(),
            on_sale: self.on_sale && variant.on_sale,
            shown: variant.quantity,
            extra: variant.extra.clone(),
        })
    }
}

impl Variant {
    fn read(sku: &RemoteSku, specs: BTreeMap<String, String>, terms: &Terms<'_>) -> Result<Self, String> {
        let external_id = sku.external_id.clone().unwrap_or_default();
        if !external_id.is_empty() && !is_keepable(&external_id) {
            return Err("a variant's id that cannot be kept".to_owned());
        }
        if sku.extra.to_string().contains("\\u0000") {
            return Err("characters that cannot be kept".to_owned());
        }
        let (cost, price) = match terms.price {
            Some(rule) => {
                let cost = in_yuan(sku.price, terms.rates)?;
                (cost, rule.price(cost).map_err(|_: MoneyError| "a price below zero or too high".to_owned())?)
            }
            None => (Fen::ZERO, Fen::ZERO),
        };
        let text = |text: &Option<String>| text.as_ref().map(|text| storable(text, CODE_MAX)).filter(|t| !t.is_empty());
        let quantity = sku.quantity.map(|units| units.clamp(0, UNITS_MAX));
        Ok(Self {
            external_id,
            code: text(&sku.sku_code),
            barcode: text(&sku.barcode),
            specs,
            there: sku.price,
            cost,
            price,
            quantity,
            stock: quantity.or(terms.untold),
            picture: sku.picture.as_deref().and_then(picture),
            on_sale: sku.on_sale,
            extra: sku.extra.clone(),
        })
    }

    /// A new SKU of it; its first count is the store's.
    pub fn draft(&self) -> SkuDraft {
        SkuDraft {
            specs: self.specs.clone(),
            price_fen: self.price,
            cost_fen: Some(self.cost),
            barcode: self.barcode.clone(),
            picture: self.picture.clone(),
            stock: Some(self.stock),
            ..SkuDraft::default()
        }
    }

    /// Its dimensions in words.
    pub fn spec(&self) -> Option<String> {
        let values: Vec<&str> = self.specs.values().map(String::as_str).collect();
        Some(values.join(" ")).filter(|text| !text.is_empty())
    }

    /// Its barcode, if it is one that the whole world shares.
    pub fn gtin(&self) -> Option<&str> {
        self.barcode.as_deref().filter(|code| is_gtin(code))
    }
}

fn in_yuan(price: Money, rates: &HashMap<String, i64>) -> Result<Fen, String> {
    if price.minor < 0 {
        return Err("a price below zero or too high".to_owned());
    }
    if price.currency == Currency::CNY {
        return Ok(Fen::from_fen(price.minor));
    }
    let code = price.currency.code();
    let rate = rates
        .get(code)
        .ok_or_else(|| format!("no exchange rate for {code} of the last {} days", exchange::DAYS_MAX))?;
    in_fen(price.minor, price.currency.exponent(), *rate).map_err(|_| "a price below zero or too high".to_owned())
}

fn pictures_of(row: &RemoteGoods) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let known = row.pictures.iter().filter_map(|address| picture(address));
    known.filter(|address| seen.insert(address.clone())).take(PICTURES_MAX).collect()
}

/// The dimensions of each variant, as goods take them: the same names for all, at most five, no two
/// variants alike. Variants that do not agree on names have one dimension with all their values.
fn specs_of(skus: &[RemoteSku]) -> Vec<BTreeMap<String, String>> {
    let cleaned: Vec<BTreeMap<String, String>> = skus.iter().map(cleaned).collect();
    let agree = cleaned.windows(2).all(|pair| match pair {
        [one, other] => one.keys().eq(other.keys()),
        _ => true,
    });
    let first = cleaned.first().map_or(0, BTreeMap::len);
    let usable = agree && first <= DIMENSIONS_MAX && (first > 0 || skus.len() == 1);
    let mut seen = BTreeSet::new();
    let distinct = |(place, (sku, specs)): (usize, (&RemoteSku, BTreeMap<String, String>))| {
        let specs = if usable { specs } else { BTreeMap::from([(PLAIN.to_owned(), plain(sku, &specs, place))]) };
        unlike(specs, &mut seen)
    };
    skus.iter().zip(cleaned).enumerate().map(distinct).collect()
}

fn cleaned(sku: &RemoteSku) -> BTreeMap<String, String> {
    let mut specs = BTreeMap::new();
    for (name, value) in &sku.specs {
        let (name, value) = (storable(name, NAME_MAX), storable(value, VALUE_MAX));
        let name = if name.is_empty() { PLAIN.to_owned() } else { name };
        if !value.is_empty() {
            specs.entry(name).or_insert(value);
        }
    }
    specs
}

fn plain(sku: &RemoteSku, specs: &BTreeMap<String, String>, place: usize) -> String {
    let values: Vec<&str> = specs.values().map(String::as_str).collect();
    let joined = storable(&values.join(" "), VALUE_MAX);
    let code = sku.sku_code.as_deref().map(|code| storable(code, VALUE_MAX)).filter(|code| !code.is_empty());
    if joined.is_empty() { code.unwrap_or_else(|| format!("款式{}", place + 1)) } else { joined }
}

/// The specs, with a number behind the last value as long as another variant has the same.
fn unlike(specs: BTreeMap<String, String>, seen: &mut BTreeSet<String>) -> BTreeMap<String, String> {
    let mut candidate = specs.clone();
    for number in 2..=SKUS_MAX + 1 {
        if seen.insert(specs_key(&candidate)) {
            break;
        }
        let Some((name, value)) = specs.last_key_value() else { break };
        let numbered = format!("{} #{number}", storable(value, VALUE_MAX - 5));
        candidate.insert(name.clone(), numbered);
    }
    candidate
}

/// Whether a barcode is a GTIN: 8, 12, 13 or 14 digits of which the last checks the others.
pub(in super::super) fn is_gtin(code: &str) -> bool {
    if !matches!(code.len(), 8 | 12..=14) {
        return false;
    }
    let digits: Option<Vec<u32>> = code.chars().map(|c| c.to_digit(10)).collect();
    let Some(digits) = digits else { return false };
    let weighted = digits.iter().rev().zip([1, 3].into_iter().cycle()).map(|(digit, weight)| digit * weight);
    digits.iter().any(|digit| *digit > 0) && weighted.sum::<u32>() % 10 == 0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use gateways::marketplaces::OwnGoods;
    use serde_json::json;

    fn sku(id: &str, specs: &[(&str, &str)], minor: i64) -> RemoteSku {
        RemoteSku {
            specs: specs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            ..RemoteSku::of(Some(id.to_owned()), Money::cny(Fen::from_fen(minor)), Some(7))
        }
    }

    fn row(skus: Vec<RemoteSku>) -> RemoteGoods {
        RemoteGoods::own(OwnGoods {
            external_id: "77".to_owned(),
            title: "红富士\u{7}苹果".to_owned(),
            pictures: vec!["//img.example.test/1.jpg".to_owned(), "data:x".to_owned()],
            skus,
            on_sale: true,
            category_id: Some("c1".to_owned()),
            shop_id: None,
            extra: json!({}),
        })
        .unwrap()
    }

    fn read(row: &RemoteGoods) -> Result<Item, String> {
        read_where(row, None)
    }

    fn read_where(row: &RemoteGoods, untold: Option<i64>) -> Result<Item, String> {
        let (price, rates, mapping) = (
            PriceRule { ends_in_nine: true, ..PriceRule::default() },
            HashMap::from([("USD".to_owned(), 7_000_000)]),
            HashMap::new(),
        );
        Item::read(row, &Terms { price: Some(&price), rates: &rates, mapping: &mapping, category: None, untold })
    }

    #[test]
    fn an_item_becomes_goods_with_a_sku_for_each_variant() {
        let item = read(&row(vec![sku("1", &[("规格", "5斤")], 1990), sku("2", &[("规格", "10斤")], 3500)])).unwrap();
        let draft = item.draft("pinduoduo", true);
        assert_eq!((draft.title.as_str(), draft.on_shelf, draft.kind), ("红富士 苹果", true, ListingKind::Own));
        assert_eq!(draft.pictures, ["https://img.example.test/1.jpg"]);
        let skus: Vec<SkuDraft> = item.variants.iter().map(Variant::draft).collect();
        let told: Vec<_> = skus.iter().map(|s| (s.price_fen.fen(), s.cost_fen.map(Fen::fen), s.stock)).collect();
        assert_eq!(told, [(1990, Some(1990), Some(Some(7))), (3590, Some(3500), Some(Some(7)))]);
        assert!(draft.check().is_ok());
    }

    #[test]
    fn variants_always_differ_and_have_the_same_dimensions() {
        let specs = |skus: Vec<RemoteSku>| {
            let item = read(&row(skus)).unwrap();
            let drafts: Vec<SkuDraft> = item.variants.iter().map(Variant::draft).collect();
            crate::areas::goods::draft::check_skus(&drafts).unwrap();
            drafts.iter().map(|sku| specs_key(&sku.specs)).collect::<Vec<_>>()
        };
        assert_eq!(specs(vec![sku("1", &[], 1)]), [""]);
        let bare = specs(vec![sku("1", &[], 1), sku("2", &[], 1)]);
        assert_eq!(bare, ["规格\u{1f}款式1", "规格\u{1f}款式2"]);
        let mixed = specs(vec![sku("1", &[("色", "红")], 1), sku("2", &[("码", "大")], 1)]);
        assert_eq!(mixed, ["规格\u{1f}红", "规格\u{1f}大"]);
        let alike = specs(vec![sku("1", &[("色", "红")], 1), sku("2", &[("色", "红")], 1)]);
        assert_eq!(alike, ["色\u{1f}红", "色\u{1f}红 #2"]);
        let six: Vec<(String, String)> = (0..6).map(|n| (format!("维{n}"), format!("值{n}"))).collect();
        let six: Vec<(&str, &str)> = six.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(specs(vec![sku("1", &six, 1)]), ["规格\u{1f}值0 值1 值2 值3 值4 值5"]);
        let five = specs(vec![sku("1", six.get(..5).unwrap(), 1)]);
        assert_eq!(five.first().unwrap().matches('\u{1e}').count(), 4);
    }

    #[test]
    fn a_foreign_price_needs_a_rate() {
        let priced = |code: &str| {
            let money = Money { minor: 1000, currency: Currency::parse(code).unwrap() };
            read(&row(vec![RemoteSku::only(money, None)]))
        };
        let item = priced("USD").unwrap();
        assert_eq!(item.variants.first().map(|v| (v.cost.fen(), v.price.fen(), v.quantity)), Some((7000, 7090, None)));
        assert_eq!(priced("EUR").unwrap_err(), "no exchange rate for EUR of the last 7 days");
    }

    #[test]
    fn units_that_are_not_told_are_none_where_somebody_else_counts_them() {
        let one = RemoteSku::only(Money::cny(Fen::from_fen(100)), None);
        let begins = |untold| {
            let item = read_where(&row(vec![one.clone()]), untold).unwrap();
            item.variants.first().map(|variant| (variant.quantity, variant.draft().stock)).unwrap()
        };
        assert_eq!((begins(None), begins(Some(0))), ((None, Some(None)), (None, Some(Some(0)))));
    }

    #[test]
    fn barcodes_of_the_world_check_themselves() {
        for good in ["6901234567892", "012345678905", "96385074", "00012345600012"] {
            assert!(is_gtin(good), "{good}");
        }
        for bad in ["6901234567893", "123", "69012345678ab", "00000000", ""] {
            assert!(!is_gtin(bad), "{bad}");
        }
    }
}
