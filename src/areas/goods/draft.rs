//! Goods as an operator or an import describes them, and every check of that description.

use std::collections::{BTreeMap, BTreeSet};

use kernel::checks::Checks;
use kernel::failure::Invalid;
use kernel::id::{CategoryId, FreightTemplateId, GoodsId, PickupPointId, SkuId, SupplierId};
use kernel::{Fen, ListingKind, Time};

use super::entity::{goods, sku};
use super::error::GoodsError;
use super::rules::{DIMENSIONS_MAX, specs_key};
use super::terms::{CommissionTerms, PRICE_MAX_FEN, PickupRule, PurchaseLimit, Source};

/// Most SKUs of goods.
pub const SKUS_MAX: usize = 200;
/// Most units a SKU begins with.
const STOCK_MAX: i64 = 1_000_000_000;

/// Everything about goods but their SKUs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "columns say their name; what a name does not say is documented")]
pub struct GoodsDraft {
    pub kind: ListingKind,
    pub category_id: Option<CategoryId>,
    pub title: String,
    pub subtitle: Option<String>,
    pub pictures: Vec<String>,
    pub video: Option<String>,
    pub detail: String,
    pub tags: Vec<String>,
    pub on_shelf: bool,
    pub sale_from: Option<Time>,
    pub sale_until: Option<Time>,
    pub pickup: Option<PickupRule>,
    pub purchase_limit: Option<PurchaseLimit>,
    pub commission: Option<CommissionTerms>,
    pub supplier_id: Option<SupplierId>,
    pub freight_template_id: Option<FreightTemplateId>,
    pub express_only: bool,
    pub new_buyer_only: bool,
    /// Which pickup points alone sell them; `None` is everywhere.
    pub pickup_point_ids: Option<Vec<PickupPointId>>,
    pub source: Option<Source>,
    /// The place in the default order, small ones first.
    pub position: i32,
}

impl Default for GoodsDraft {
    fn default() -> Self {
        Self {
            kind: ListingKind::Own,
            category_id: None,
            title: String::new(),
            subtitle: None,
            pictures: Vec::new(),
            video: None,
            detail: String::new(),
            tags: Vec::new(),
            on_shelf: false,
            sale_from: None,
            sale_until: None,
            pickup: None,
            purchase_limit: None,
            commission: None,
            supplier_id: None,
            freight_template_id: None,
            express_only: false,
            new_buyer_only: false,
            pickup_point_ids: None,
            source: None,
            position: 0,
        }
    }
}

/// One SKU. With an `id`, or with the specs of one that exists, it changes that one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "columns say their name; what a name does not say is documented")]
pub struct SkuDraft {
    pub id: Option<SkuId>,
    pub specs: BTreeMap<String, String>,
    pub price_fen: Fen,
    pub original_price_fen: Option<Fen>,
    pub cost_fen: Option<Fen>,
    pub member_price_fen: Option<Fen>,
    /// What a supplier paid by settlement price gets for one unit.
    pub settlement_price_fen: Option<Fen>,
    pub weight_g: Option<i64>,
    pub barcode: Option<String>,
    pub picture: Option<String>,
    /// The first count of a new SKU; `Some(None)` is unlimited. One that exists is counted by
    /// movements, never overwritten.
    pub stock: Option<Option<i64>>,
}

impl GoodsDraft {
    /// The draft that would leave `row` as it is.
    pub fn of(row: &goods::Model, points: Vec<PickupPointId>) -> Result<Self, GoodsError> {
        Ok(Self {
            kind: row.kind,
            category_id: row.category_id,
            title: row.title.clone(),
            subtitle: row.subtitle.clone(),
            pictures: read(row.id, "pictures", Some(&row.pictures))?.unwrap_or_default(),
            video: row.video.clone(),
            detail: row.detail.clone(),
            tags: read(row.id, "tags", Some(&row.tags))?.unwrap_or_default(),
            on_shelf: row.on_shelf,
            sale_from: row.sale_from,
            sale_until: row.sale_until,
            pickup: read(row.id, "pickup", row.pickup.as_ref())?,
            purchase_limit: read(row.id, "purchase_limit", row.purchase_limit.as_ref())?,
            commission: read(row.id, "commission", row.commission.as_ref())?,
            supplier_id: row.supplier_id,
            freight_template_id: row.freight_template_id,
            express_only: row.express_only,
            new_buyer_only: row.new_buyer_only,
            pickup_point_ids: row.region_limited.then_some(points),
            source: read(row.id, "source", row.source.as_ref())?,
            position: row.position,
        })
    }

    /// Every fault at once.
    pub fn check(&self) -> Result<(), Invalid> {
        let mut checks = Checks::default();
        checks.text("title", &self.title, 1, 100);
        checks.text("subtitle", self.subtitle.as_deref().unwrap_or_default(), 0, 200);
        checks.text("detail", &self.detail, 0, 50_000);
        checks.count("pictures", self.pictures.len(), 20);
        for (place, picture) in self.pictures.iter().enumerate() {
            checks.address(format!("pictures[{place}]"), picture);
        }
        if let Some(video) = &self.video {
            checks.address("video", video);
        }
        checks.count("tags", self.tags.len(), 10);
        for (place, tag) in self.tags.iter().enumerate() {
            checks.text(format!("tags[{place}]"), tag, 1, 20);
        }
        let window = self.sale_from.zip(self.sale_until).is_none_or(|(from, until)| from < until);
        checks.need(window, "sale_until", "out_of_range", "after sale_from");
        let years = (at_year(2000), at_year(2200));
        for (field, time) in [("sale_from", self.sale_from), ("sale_until", self.sale_until)] {
            let sane = time.is_none_or(|time| years.0 <= Some(time) && Some(time) < years.1);
            checks.need(sane, field, "out_of_range", "2000 to 2199");
        }
        match &self.pickup {
            Some(PickupRule::Days { days, .. }) => checks.range("pickup_days", i64::from(*days), 0, 365),
            Some(PickupRule::Words { text }) => checks.text("pickup_text", text, 1, 60),
            None => {}
        }
        if let Some(limit) = &self.purchase_limit {
            limit.check("purchase_limit", &mut checks);
        }
        if let Some(commission) = &self.commission {
            commission.check("commission", &mut checks);
        }
        // Parcels are collected nowhere, so goods sold at some points alone could never be ordered.
        let reachable = !self.express_only || self.pickup_point_ids.is_none();
        checks.need(reachable, "pickup_point_ids", "invalid", "express-only goods are sold at no pickup point");
        checks.count("pickup_point_ids", self.pickup_point_ids.as_ref().map_or(0, Vec::len), 2_000);
        checks.range("position", i64::from(self.position), 0, 1_000_000_000);
        let imported = (self.kind == ListingKind::Affiliate) == self.source.is_some() || self.kind == ListingKind::Own;
        checks.need(imported, "source", "required", "affiliate goods name their marketplace");
        checks.done()
    }
}

fn at_year(year: i32) -> Option<Time> {
    chrono::NaiveDate::from_ymd_opt(year, 1, 1)?.and_hms_opt(0, 0, 0).map(|time| time.and_utc())
}

/// Every fault of a goods' SKUs at once: counts, texts, and no two the same.
pub fn check_skus(skus: &[SkuDraft]) -> Result<(), Invalid> {
    let mut checks = Checks::default();
    checks.need(!skus.is_empty(), "skus", "required", "at least one SKU");
    checks.count("skus", skus.len(), SKUS_MAX);
    let dimensions = skus.first().map(|sku| sku.specs.keys().collect::<Vec<_>>());
    let mut seen = BTreeSet::new();
    for (place, sku) in skus.iter().enumerate() {
        let field = |name: &str| format!("skus[{place}].{name}");
        checks.count(field("specs"), sku.specs.len(), DIMENSIONS_MAX);
        for (name, value) in &sku.specs {
            checks.text(field("specs"), name, 1, 20);
            checks.text(field("specs"), value, 1, 50);
            let breaks = [name, value].iter().any(|text| text.chars().any(char::is_control));
            checks.need(!breaks, field("specs"), "invalid", "on one line");
        }
        let alike = dimensions.as_ref() == Some(&sku.specs.keys().collect::<Vec<_>>());
        checks.need(alike, field("specs"), "invalid", "all SKUs have the same dimensions");
        checks.need(seen.insert(specs_key(&sku.specs)), field("specs"), "invalid", "another SKU has the same specs");
        checks.range(field("price_fen"), sku.price_fen.fen(), 0, PRICE_MAX_FEN);
        let others = [
            ("original_price_fen", sku.original_price_fen),
            ("cost_fen", sku.cost_fen),
            ("member_price_fen", sku.member_price_fen),
            ("settlement_price_fen", sku.settlement_price_fen),
        ];
        for (name, amount) in others {
            checks.range(field(name), amount.unwrap_or_default().fen(), 0, PRICE_MAX_FEN);
        }
        checks.range(field("weight_g"), sku.weight_g.unwrap_or_default(), 0, 100_000_000);
        checks.range(field("stock"), sku.stock.flatten().unwrap_or_default(), 0, STOCK_MAX);
        checks.text(field("barcode"), sku.barcode.as_deref().unwrap_or_default(), 0, 64);
        if let Some(picture) = &sku.picture {
            checks.address(field("picture"), picture);
        }
    }
    checks.done()
}

/// The specs of a stored SKU.
pub fn specs_of(row: &sku::Model) -> Result<BTreeMap<String, String>, GoodsError> {
    Ok(read(row.goods_id, "specs", Some(&row.specs))?.unwrap_or_default())
}

/// Reads a JSON column.
pub fn read<T: serde::de::DeserializeOwned>(
    goods: GoodsId,
    what: &'static str,
    json: Option<&serde_json::Value>,
) -> Result<Option<T>, GoodsError> {
    json.map(|json| T::deserialize(json).map_err(|error| GoodsError::Unreadable { what, goods, error })).transpose()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sku(pairs: &[(&str, &str)], price: i64) -> SkuDraft {
        let specs = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        SkuDraft { specs, price_fen: Fen::from_fen(price), stock: Some(Some(1)), ..SkuDraft::default() }
    }

    fn faults(result: Result<(), Invalid>) -> Vec<String> {
        result.map_or_else(|invalid| invalid.0.into_iter().map(|fault| fault.field).collect(), |()| Vec::new())
    }

    #[test]
    fn a_combination_of_specs_is_one_sku() {
        assert!(check_skus(&[sku(&[("规格", "5 kg")], 100), sku(&[("规格", "10 kg")], 200)]).is_ok());
        let twice = [sku(&[("规格", "5 kg"), ("色", "红")], 100), sku(&[("色", "红"), ("规格", "5 kg")], 200)];
        assert_eq!(faults(check_skus(&twice)), ["skus[1].specs"]);
        let mixed = [sku(&[("规格", "5 kg")], 100), sku(&[("色", "红")], 200)];
        assert_eq!(faults(check_skus(&mixed)), ["skus[1].specs"]);
        let six = [sku(&[("a", "1"), ("b", "1"), ("c", "1"), ("d", "1"), ("e", "1"), ("f", "1")], 1)];
        assert_eq!(faults(check_skus(&six)), ["skus[0].specs"]);
        assert_eq!(faults(check_skus(&[])), ["skus"]);
    }

    #[test]
    fn amounts_stay_in_range() {
        assert_eq!(faults(check_skus(&[sku(&[], -1)])), ["skus[0].price_fen"]);
        assert_eq!(faults(check_skus(&[sku(&[], PRICE_MAX_FEN + 1)])), ["skus[0].price_fen"]);
        let draft = SkuDraft { stock: Some(Some(-1)), weight_g: Some(-5), ..sku(&[], 1) };
        assert_eq!(faults(check_skus(&[draft])), ["skus[0].weight_g", "skus[0].stock"]);
        assert!(check_skus(&[SkuDraft { stock: Some(None), ..sku(&[], 0) }]).is_ok());
    }

    #[test]
    fn every_fault_of_goods_is_named_at_once() {
        let draft = GoodsDraft {
            title: " ".to_owned(),
            pictures: vec!["javascript:x".to_owned()],
            sale_from: Some("2026-11-24T00:00:00Z".parse().unwrap()),
            sale_until: Some("2026-11-24T00:00:00Z".parse().unwrap()),
            purchase_limit: Some(PurchaseLimit { per_order: Some(2), minimum: Some(3), ..PurchaseLimit::default() }),
            kind: ListingKind::Affiliate,
            ..GoodsDraft::default()
        };
        let expected = ["title", "pictures[0]", "sale_until", "purchase_limit.minimum", "source"];
        assert_eq!(faults(draft.check()), expected);
        assert!(GoodsDraft { title: "苹果".to_owned(), ..GoodsDraft::default() }.check().is_ok());
    }

    #[test]
    fn a_commission_is_a_share_or_an_amount() {
        let of = |rate: Option<i32>, fixed: Option<i64>| CommissionTerms {
            rate_bp: rate.map(kernel::BasisPoints::new),
            fixed_fen: fixed.map(Fen::from_fen),
            ..CommissionTerms::default()
        };
        let check = |terms| {
            let draft = GoodsDraft { title: "苹果".to_owned(), commission: Some(terms), ..GoodsDraft::default() };
            faults(draft.check())
        };
        assert!(check(of(Some(1000), None)).is_empty() && check(of(None, Some(0))).is_empty());
        assert_eq!(check(of(Some(1000), Some(5))), ["commission"]);
        assert_eq!(check(of(Some(10_001), None)), ["commission.rate_bp"]);
    }
}
