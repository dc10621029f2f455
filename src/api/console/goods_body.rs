//! Goods as the console sends them. Creating and changing take the same body: what is left out
//! keeps its default or what it was, and `null` empties it.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveTime, SubsecRound, Utc};
use kernel::failure::Invalid;
use kernel::id::{CategoryId, PickupPointId, SkuId, SupplierId};
use kernel::{Fen, FieldFault};
use serde::Deserialize;

use crate::api::fields::null_or;
use crate::areas::goods::draft::{GoodsDraft, SkuDraft};
use crate::areas::goods::terms::{CommissionTerms, PickupRule, PurchaseLimit};

/// Goods. A title and SKUs are required to create some.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GoodsBody {
    #[schema(min_length = 1, max_length = 100)]
    title: Option<String>,
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<String>, max_length = 200)]
    subtitle: Option<Option<String>>,
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<CategoryId>)]
    category_id: Option<Option<CategoryId>>,
    /// Addresses; the first is shown in lists.
    #[schema(max_items = 20)]
    pictures: Option<Vec<String>>,
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<String>, max_length = 1000)]
    video: Option<Option<String>>,
    /// The description, rich text.
    #[schema(max_length = 50_000)]
    detail: Option<String>,
    #[schema(max_items = 10)]
    tags: Option<Vec<String>>,
    on_shelf: Option<bool>,
    /// The sale begins; null is at once.
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    sale_from: Option<Option<DateTime<Utc>>>,
    /// The sale ends; at this moment the goods are no longer sold.
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    sale_until: Option<Option<DateTime<Utc>>>,
    /// Days after the day of the order; 0 is the same day.
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<u16>, maximum = 365)]
    pickup_days: Option<Option<u16>>,
    /// From this Beijing time an order counts as one of the next day.
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<String>, example = "18:00:00")]
    pickup_cut_off: Option<Option<NaiveTime>>,
    /// In place of days: the shop's own words.
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<String>, max_length = 60)]
    pickup_text: Option<Option<String>>,
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<PurchaseLimit>)]
    purchase_limit: Option<Option<PurchaseLimit>>,
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<CommissionTerms>)]
    commission: Option<Option<CommissionTerms>>,
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<SupplierId>)]
    supplier_id: Option<Option<SupplierId>>,
    express_only: Option<bool>,
    new_buyer_only: Option<bool>,
    /// Which pickup points alone sell the goods; null is everywhere.
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<Vec<PickupPointId>>, max_items = 2000)]
    pickup_point_ids: Option<Option<Vec<PickupPointId>>>,
    /// The place in the shop's own order, small ones first.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    position: Option<i32>,
    /// Every SKU; one not named is no longer sold.
    #[schema(max_items = 200)]
    skus: Option<Vec<SkuBody>>,
    /// The version seen; another's change since then is told (409) and not overwritten.
    version: Option<i64>,
}

/// A SKU. With an `id`, or the specs of one that exists, it changes that one.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SkuBody {
    id: Option<SkuId>,
    /// Dimension → value, up to five; the same dimensions in every SKU.
    #[serde(default)]
    specs: BTreeMap<String, String>,
    #[schema(value_type = i64, minimum = 0, maximum = 10_000_000_000_i64)]
    price_fen: Fen,
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 10_000_000_000_i64)]
    original_price_fen: Option<Fen>,
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 10_000_000_000_i64)]
    cost_fen: Option<Fen>,
    /// Refused until the shop has member levels: nobody would be charged it (R-08).
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 10_000_000_000_i64)]
    member_price_fen: Option<Fen>,
    /// What the supplier gets for one unit; needed where its terms are a settlement price.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 10_000_000_000_i64)]
    settlement_price_fen: Option<Fen>,
    /// The first count of a new SKU; null is unlimited. Afterwards stock moves by
    /// `POST …/skus/{id}/stock`; only unlimited and counted may still be exchanged here.
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000_000)]
    stock: Option<Option<i64>>,
    #[schema(max_length = 64)]
    barcode: Option<String>,
    #[schema(minimum = 0, maximum = 100_000_000)]
    weight_g: Option<i64>,
    #[schema(max_length = 1000)]
    picture: Option<String>,
}

impl GoodsBody {
    /// The version the caller has seen, if he says so.
    pub(super) fn version(&self) -> Option<i64> {
        self.version
    }

    /// The SKUs named, if any are.
    pub(super) fn skus(&self) -> Result<Option<Vec<SkuDraft>>, Invalid> {
        let Some(skus) = &self.skus else { return Ok(None) };
        let priced = skus.iter().enumerate().filter(|(_, sku)| sku.member_price_fen.is_some());
        Invalid::unless_empty(priced.map(|(place, _)| no_member_price(place)).collect())?;
        let draft = |sku: &SkuBody| SkuDraft {
            id: sku.id,
            specs: sku.specs.clone(),
            price_fen: sku.price_fen,
            original_price_fen: sku.original_price_fen,
            cost_fen: sku.cost_fen,
            member_price_fen: sku.member_price_fen,
            settlement_price_fen: sku.settlement_price_fen,
            weight_g: sku.weight_g,
            barcode: sku.barcode.clone(),
            picture: sku.picture.clone(),
            stock: sku.stock,
        };
        Ok(Some(skus.iter().map(draft).collect()))
    }

    /// Turns what goods are into what they shall be.
    pub(super) fn edit(&self, draft: &mut GoodsDraft) -> Result<(), Invalid> {
        let pickup = self.pickup(draft.pickup.take())?;
        draft.pickup = pickup;
        set(&mut draft.title, &self.title);
        set(&mut draft.subtitle, &self.subtitle);
        set(&mut draft.category_id, &self.category_id);
        set(&mut draft.pictures, &self.pictures);
        set(&mut draft.video, &self.video);
        set(&mut draft.detail, &self.detail);
        set(&mut draft.tags, &self.tags);
        set(&mut draft.on_shelf, &self.on_shelf);
        // Both databases keep microseconds.
        set(&mut draft.sale_from, &self.sale_from.map(|time| time.map(|time| time.trunc_subsecs(6))));
        set(&mut draft.sale_until, &self.sale_until.map(|time| time.map(|time| time.trunc_subsecs(6))));
        set(&mut draft.purchase_limit, &self.purchase_limit);
        set(&mut draft.commission, &self.commission);
        set(&mut draft.supplier_id, &self.supplier_id);
        set(&mut draft.express_only, &self.express_only);
        set(&mut draft.new_buyer_only, &self.new_buyer_only);
        set(&mut draft.pickup_point_ids, &self.pickup_point_ids);
        set(&mut draft.position, &self.position);
        Ok(())
    }

    /// Days and words exclude each other: naming one gives the other up, naming both is a fault.
    fn pickup(&self, before: Option<PickupRule>) -> Result<Option<PickupRule>, Invalid> {
        let (mut days, mut cut_off, mut text) = match before {
            Some(PickupRule::Days { days, cut_off }) => (Some(days), cut_off, None),
            Some(PickupRule::Words { text }) => (None, None, Some(text)),
            None => (None, None, None),
        };
        if matches!(self.pickup_days, Some(Some(_))) {
            text = None;
        }
        if matches!(self.pickup_text, Some(Some(_))) {
            (days, cut_off) = (None, None);
        }
        set(&mut days, &self.pickup_days);
        set(&mut cut_off, &self.pickup_cut_off);
        set(&mut text, &self.pickup_text);
        match (days, text) {
            (Some(_), Some(_)) => Err(Invalid::field("pickup_text", "invalid", "either pickup_days or pickup_text")),
            (Some(days), None) => Ok(Some(PickupRule::Days { days, cut_off })),
            _ if matches!(self.pickup_cut_off, Some(Some(_))) => {
                Err(Invalid::field("pickup_cut_off", "invalid", "only beside pickup_days"))
            }
            (None, Some(text)) => Ok(Some(PickupRule::Words { text })),
            (None, None) => Ok(None),
        }
    }
}

/// A member price overrides the discount of a member's level, and there are no levels yet.
fn no_member_price(place: usize) -> FieldFault {
    let field = format!("skus[{place}].member_price_fen");
    FieldFault::new(field, "not_available", "there are no member levels that would be charged it")
}

fn set<T: Clone>(place: &mut T, given: &Option<T>) {
    if let Some(value) = given {
        place.clone_from(value);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn pickup_after(before: Option<PickupRule>, body: &str) -> Result<Option<PickupRule>, String> {
        let body: GoodsBody = serde_json::from_str(body).unwrap();
        let mut draft = GoodsDraft { pickup: before, ..GoodsDraft::default() };
        body.edit(&mut draft).map(|()| draft.pickup).map_err(|invalid| invalid.0.into_iter().map(|f| f.field).collect())
    }

    #[test]
    fn pickup_is_told_in_days_or_in_words() {
        let days =
            |days, cut_off: Option<&str>| PickupRule::Days { days, cut_off: cut_off.map(|t| t.parse().unwrap()) };
        let words = PickupRule::Words { text: "周五".to_owned() };
        let next = days(1, Some("18:00:00"));
        assert_eq!(pickup_after(None, r#"{"pickup_days":1,"pickup_cut_off":"18:00:00"}"#), Ok(Some(next.clone())));
        assert_eq!(pickup_after(Some(next.clone()), "{}"), Ok(Some(next.clone())));
        assert_eq!(pickup_after(Some(next.clone()), r#"{"pickup_cut_off":null}"#), Ok(Some(days(1, None))));
        assert_eq!(pickup_after(Some(next.clone()), r#"{"pickup_text":"周五"}"#), Ok(Some(words.clone())));
        assert_eq!(pickup_after(Some(words.clone()), r#"{"pickup_days":0}"#), Ok(Some(days(0, None))));
        assert_eq!(pickup_after(Some(next.clone()), r#"{"pickup_days":null}"#), Ok(None));
        assert_eq!(pickup_after(None, r#"{"pickup_days":1,"pickup_text":"周五"}"#), Err("pickup_text".to_owned()));
        let alone = pickup_after(Some(words), r#"{"pickup_cut_off":"18:00:00"}"#);
        assert_eq!(alone, Err("pickup_cut_off".to_owned()));
    }

    #[test]
    fn what_is_left_out_stays_and_null_empties() {
        let mut draft = GoodsDraft {
            title: "苹果".to_owned(),
            subtitle: Some("甜".to_owned()),
            video: Some("/v".to_owned()),
            ..GoodsDraft::default()
        };
        let body: GoodsBody = serde_json::from_str(r#"{"video":null,"on_shelf":true}"#).unwrap();
        body.edit(&mut draft).unwrap();
        assert_eq!((draft.subtitle.as_deref(), draft.video, draft.on_shelf), (Some("甜"), None, true));
    }
}
