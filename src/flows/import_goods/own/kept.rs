//! What the last import wrote into own goods, and what goods become when they are imported again: a
//! field that no longer is what was written belongs to the merchant.

use std::collections::{BTreeMap, HashMap, HashSet};

use kernel::Fen;
use kernel::id::{CategoryId, SkuId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::reading::{Item, Variant};
use crate::areas::goods::GoodsError;
use crate::areas::goods::draft::{GoodsDraft, SkuDraft, specs_of};
use crate::areas::goods::entity::sku;
use crate::areas::goods::rules::specs_key;
use crate::areas::market_accounts::MarketError;

/// What was written; pictures are the platform's addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    title: String,
    pictures: Vec<String>,
    category_id: Option<CategoryId>,
    /// By the platform's id of the variant.
    variants: BTreeMap<String, KeptVariant>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct KeptVariant {
    specs: BTreeMap<String, String>,
    price_fen: Fen,
    cost_fen: Fen,
    barcode: Option<String>,
    picture: Option<String>,
}

/// The platform's addresses of pictures with ours.
pub(super) type Copies = HashMap<String, String>;

impl Kept {
    /// What an import of `item` writes.
    pub fn of(item: &Item) -> Self {
        let kept = |variant: &Variant| KeptVariant {
            specs: variant.specs.clone(),
            price_fen: variant.price,
            cost_fen: variant.cost,
            barcode: variant.barcode.clone(),
            picture: variant.picture.clone(),
        };
        Self {
            title: item.title.clone(),
            pictures: item.pictures.clone(),
            category_id: item.category_id,
            variants: item.variants.iter().map(|variant| (variant.external_id.clone(), kept(variant))).collect(),
        }
    }

    /// Reads what an earlier import kept; nothing when that is not ours to understand.
    pub fn read(json: &Value) -> Self {
        serde_json::from_value(json.clone()).unwrap_or_default()
    }

    /// As it is kept.
    pub fn json(&self) -> Result<Value, MarketError> {
        serde_json::to_value(self).map_err(|error| MarketError::Unreadable { what: "snapshot", error })
    }
}

fn ours(addresses: &[String], copies: &Copies) -> Vec<String> {
    addresses.iter().map(|address| copies.get(address).unwrap_or(address).clone()).collect()
}

/// What goods become. The shelf is the merchant's from the first import on.
pub(super) fn merged(
    standing: &GoodsDraft,
    last: &Kept,
    item: &Item,
    marketplace: &str,
    copies: &Copies,
) -> GoodsDraft {
    let mut draft = standing.clone();
    draft.source = Some(item.source(marketplace));
    if draft.title == last.title {
        draft.title.clone_from(&item.title);
    }
    if ours(&draft.pictures, copies) == ours(&last.pictures, copies) {
        draft.pictures = ours(&item.pictures, copies);
    }
    // A category is only ever given, never taken back by an import that knows none.
    if draft.category_id == last.category_id && item.category_id.is_some() {
        draft.category_id = item.category_id;
    }
    draft
}

/// The SKUs of goods after another import.
pub(super) struct Variants {
    /// As they are.
    pub before: Vec<SkuDraft>,
    /// As they shall be.
    pub drafts: Vec<SkuDraft>,
    /// The platform's ids of variants that are new, in the order of their drafts.
    pub fresh: Vec<String>,
}

impl Variants {
    /// Leaves out what is new and has specs that the goods have or had: a variant that the merchant has
    /// taken away is not made again.
    pub fn without(&mut self, known: &HashSet<&str>) {
        let mut fresh = std::mem::take(&mut self.fresh).into_iter();
        let left = &mut self.fresh;
        self.drafts.retain(|draft| {
            if draft.id.is_some() {
                return true;
            }
            let keeps = !known.contains(specs_key(&draft.specs).as_str());
            left.extend(fresh.next().filter(|_| keeps));
            keeps
        });
    }
}

/// What the SKUs of goods become. A variant that the store no longer has stays with us: its stock is
/// ours. `sells` names the SKU behind a variant; a variant that is `elsewhere` sells goods of others.
pub(super) fn variants(
    standing: &[sku::Model],
    last: &Kept,
    item: &Item,
    copies: &Copies,
    sells: impl Fn(&Variant) -> Option<SkuId>,
    elsewhere: impl Fn(&Variant) -> bool,
) -> Result<Variants, GoodsError> {
    let mut drafts = standing.iter().map(draft).collect::<Result<Vec<_>, _>>()?;
    let before = drafts.clone();
    let mut fresh = Vec::new();
    for variant in &item.variants {
        let by_tie = sells(variant);
        let place = drafts.iter().position(|draft| draft.id.is_some() && draft.id == by_tie);
        let place = place.or_else(|| match by_tie {
            None if !elsewhere(variant) => drafts.iter().position(|draft| draft.specs == variant.specs),
            _ => None,
        });
        match place.and_then(|place| drafts.get_mut(place)) {
            Some(draft) => {
                if let Some(last) = last.variants.get(&variant.external_id) {
                    renew(draft, last, variant, copies);
                }
            }
            None if by_tie.is_some() || elsewhere(variant) => {}
            None => {
                let new = variant.draft();
                // Dimensions that the merchant has renamed no longer fit a new variant's.
                let fits = drafts.first().is_none_or(|draft| draft.specs.keys().eq(new.specs.keys()));
                if fits {
                    drafts.push(new);
                    fresh.push(variant.external_id.clone());
                }
            }
        }
    }
    Ok(Variants { before, drafts, fresh })
}

fn renew(draft: &mut SkuDraft, last: &KeptVariant, variant: &Variant, copies: &Copies) {
    if draft.price_fen == last.price_fen {
        draft.price_fen = variant.price;
    }
    if draft.cost_fen == Some(last.cost_fen) {
        draft.cost_fen = Some(variant.cost);
    }
    if draft.barcode == last.barcode {
        draft.barcode.clone_from(&variant.barcode);
    }
    if draft.specs == last.specs && draft.specs.keys().eq(variant.specs.keys()) {
        draft.specs.clone_from(&variant.specs);
    }
    let here = |address: &Option<String>| address.as_ref().map(|a| copies.get(a).unwrap_or(a).clone());
    if here(&draft.picture) == here(&last.picture) {
        draft.picture = here(&variant.picture);
    }
}

fn draft(sku: &sku::Model) -> Result<SkuDraft, GoodsError> {
    Ok(SkuDraft {
        id: Some(sku.id),
        specs: specs_of(sku)?,
        price_fen: sku.price_fen,
        original_price_fen: sku.original_price_fen,
        cost_fen: sku.cost_fen,
        member_price_fen: sku.member_price_fen,
        settlement_price_fen: sku.settlement_price_fen,
        weight_g: sku.weight_g,
        barcode: sku.barcode.clone(),
        picture: sku.picture.clone(),
        stock: None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use gateways::marketplaces::money::Money;
    use kernel::id::{GoodsId, ShopId};
    use serde_json::json;

    fn variant(id: &str, value: &str, price: i64) -> Variant {
        Variant {
            external_id: id.to_owned(),
            code: None,
            barcode: None,
            specs: BTreeMap::from([("规格".to_owned(), value.to_owned())]),
            there: Money::cny(Fen::from_fen(price)),
            cost: Fen::from_fen(price),
            price: Fen::from_fen(price),
            quantity: Some(5),
            stock: Some(5),
            picture: None,
            on_sale: true,
            extra: json!({}),
        }
    }

    fn item(variants: Vec<Variant>) -> Item {
        Item {
            external_id: "77".to_owned(),
            title: "苹果".to_owned(),
            pictures: vec!["https://there.example.test/1.jpg".to_owned()],
            category_id: None,
            on_sale: true,
            variants,
        }
    }

    fn row(id: SkuId, variant: &Variant) -> sku::Model {
        let at = "2026-11-23T15:00:00Z".parse().unwrap();
        sku::Model {
            id,
            shop_id: ShopId::new(),
            goods_id: GoodsId::new(),
            specs: json!(variant.specs),
            specs_key: String::new(),
            price_fen: variant.price,
            original_price_fen: None,
            cost_fen: Some(variant.cost),
            member_price_fen: None,
            settlement_price_fen: None,
            free: Some(1),
            weight_g: None,
            barcode: None,
            picture: None,
            position: 0,
            removed_at: None,
            created_at: at,
            updated_at: at,
        }
    }

    #[test]
    fn pictures_that_were_copied_are_still_what_the_import_wrote() {
        let old = item(vec![variant("1", "大", 100)]);
        let copies = Copies::from([("https://there.example.test/1.jpg".to_owned(), "/files/a.jpg".to_owned())]);
        let mut standing = old.draft("pinduoduo", true);
        standing.pictures = vec!["/files/a.jpg".to_owned()];
        let mut newer = old.clone();
        newer.pictures.push("https://there.example.test/2.jpg".to_owned());
        let draft = merged(&standing, &Kept::of(&old), &newer, "pinduoduo", &copies);
        assert_eq!(draft.pictures, ["/files/a.jpg", "https://there.example.test/2.jpg"]);
        standing.pictures = vec!["/files/mine.jpg".to_owned()];
        let draft = merged(&standing, &Kept::of(&old), &newer, "pinduoduo", &copies);
        assert_eq!(draft.pictures, ["/files/mine.jpg"], "the merchant's own stay");
    }

    #[test]
    fn prices_follow_unless_the_merchant_has_set_his_own() {
        let old = item(vec![variant("1", "大", 100), variant("2", "小", 80)]);
        let new = item(vec![variant("1", "大", 120), variant("2", "小", 90), variant("3", "中", 95)]);
        let (one, two) = (SkuId::new(), SkuId::new());
        let mut rows = old.variants.iter().zip([one, two]).map(|(v, id)| row(id, v)).collect::<Vec<_>>();
        rows.last_mut().unwrap().price_fen = Fen::from_fen(66);
        let sells = |variant: &Variant| match variant.external_id.as_str() {
            "1" => Some(one),
            "2" => Some(two),
            _ => None,
        };
        let after = variants(&rows, &Kept::of(&old), &new, &Copies::new(), sells, |_| false).unwrap();
        let told: Vec<_> = after.drafts.iter().map(|d| (d.id, d.price_fen.fen(), d.stock)).collect();
        assert_eq!(told, [(Some(one), 120, None), (Some(two), 66, None), (None, 95, Some(Some(5)))]);
        assert_eq!(after.fresh, ["3"]);
        let same = variants(&rows, &Kept::of(&old), &old, &Copies::new(), sells, |_| false).unwrap();
        assert_eq!(same.drafts, same.before);
    }

    #[test]
    fn what_is_kept_is_read_as_it_was_written() {
        let kept = Kept::of(&item(vec![variant("1", "大", 100)]));
        assert_eq!(Kept::read(&kept.json().unwrap()), kept);
        assert_eq!(Kept::read(&json!({"listed": 1})), Kept::default());
    }
}
