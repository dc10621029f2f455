//! A marketplace's goods as our listing, and how a later import leaves the merchant's edits alone.

use chrono::Duration;
use gateways::marketplaces::RemoteGoods;
use gateways::marketplaces::money::Currency;
use kernel::id::CategoryId;
use kernel::{Fen, ListingKind, Time};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::areas::goods::GoodsError;
use crate::areas::goods::draft::{GoodsDraft, SkuDraft, specs_of};
use crate::areas::goods::entity::sku;
use crate::areas::goods::terms::Source;
use crate::areas::market_accounts::MarketError;
use crate::areas::market_accounts::remote::Seen;
use crate::areas::market_accounts::rules::storable;

/// How long what was seen of goods is believed.
pub(super) const FRESH_FOR: Duration = Duration::hours(24);
/// The longest title of goods, in characters.
pub(super) const TITLE_MAX: usize = 100;
/// Most pictures of goods.
pub(super) const PICTURES_MAX: usize = 20;
/// The longest address of a picture.
const ADDRESS_MAX: usize = 1000;
/// The longest id of a marketplace that we keep.
const ID_MAX: usize = 200;

/// What an import writes into goods; compared with what stands there at the next one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listed {
    title: String,
    subtitle: Option<String>,
    pictures: Vec<String>,
    tags: Vec<String>,
    on_shelf: bool,
    category_id: Option<CategoryId>,
    price_fen: Fen,
    original_price_fen: Option<Fen>,
    source: Source,
}

/// What was last seen of goods on the marketplace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Snapshot {
    /// What became of it here.
    pub listed: Listed,
    /// Sales in the platform's words.
    sales_text: Option<String>,
    /// The platform's category.
    category: Option<String>,
    /// When the coupon in the price ends.
    coupon_until: Option<Time>,
    /// What the connector wants back when a link is made.
    pub extra: Value,
}

impl Snapshot {
    /// Reads one item, or says why it cannot be listed.
    pub fn of(row: &RemoteGoods, marketplace: &str, category_id: Option<CategoryId>) -> Result<Self, String> {
        if !is_keepable(&row.external_id) {
            return Err("an id that cannot be kept".to_owned());
        }
        if row.price.currency != Currency::CNY {
            return Err("a price that is not in yuan".to_owned());
        }
        let title = storable(&row.title, TITLE_MAX);
        if title.is_empty() {
            return Err("no title".to_owned());
        }
        let original = Fen::from_fen(row.price.minor);
        let text =
            |text: &Option<String>| text.as_ref().map(|text| storable(text, 100)).filter(|text| !text.is_empty());
        let shop_name = text(&row.shop_name);
        let snapshot = Self {
            listed: Listed {
                title,
                subtitle: shop_name.clone(),
                pictures: row.pictures.iter().filter_map(|address| picture(address)).take(PICTURES_MAX).collect(),
                tags: coupon_tag(row.coupon).into_iter().collect(),
                on_shelf: true,
                category_id,
                price_fen: row.final_price,
                original_price_fen: (original > row.final_price).then_some(original),
                source: Source {
                    marketplace: marketplace.to_owned(),
                    external_id: row.external_id.clone(),
                    url: None,
                    shop_name,
                    coupon_fen: Some(row.coupon).filter(|coupon| coupon.is_positive()),
                    rate_bp: Some(row.rate),
                    estimated_commission_fen: Some(row.est_commission),
                },
            },
            sales_text: text(&row.sales_text),
            category: text(&row.category_name),
            coupon_until: row.coupon_until,
            extra: row.extra.clone(),
        };
        // PostgreSQL's JSON cannot hold a NUL, however it is written.
        if snapshot.extra.to_string().contains("\\u0000") {
            return Err("characters that cannot be kept".to_owned());
        }
        Ok(snapshot)
    }

    /// Reads what an earlier import kept; `None` when that is not ours to understand.
    pub fn read(json: &Value) -> Option<Self> {
        serde_json::from_value(json.clone()).ok()
    }

    /// As kept beside the goods at `now`: looked at again when the coupon in the price ends, and at
    /// least once a day.
    pub fn seen(&self, now: Time) -> Result<Seen, MarketError> {
        let daily = now + FRESH_FOR;
        let look_at = self.coupon_until.filter(|end| *end > now).map_or(daily, |end| end.min(daily));
        Ok(Seen { snapshot: self.json()?, look_at })
    }

    fn json(&self) -> Result<Value, MarketError> {
        serde_json::to_value(self).map_err(|error| MarketError::Unreadable { what: "snapshot", error })
    }

    /// The same goods, no longer to be had.
    pub fn off_shelf(mut self) -> Self {
        self.listed.on_shelf = false;
        self
    }
}

impl Listed {
    /// New goods.
    pub fn draft(&self) -> GoodsDraft {
        GoodsDraft {
            kind: ListingKind::Affiliate,
            title: self.title.clone(),
            subtitle: self.subtitle.clone(),
            pictures: self.pictures.clone(),
            tags: self.tags.clone(),
            on_shelf: self.on_shelf,
            category_id: self.category_id,
            source: Some(self.source.clone()),
            ..GoodsDraft::default()
        }
    }

    /// Their only SKU: a price. The marketplace keeps the stock, so ours is unlimited.
    pub fn sku(&self) -> SkuDraft {
        SkuDraft {
            price_fen: self.price_fen,
            original_price_fen: self.original_price_fen,
            stock: Some(None),
            ..SkuDraft::default()
        }
    }
}

/// What goods become when they are imported again. Where they come from is always renewed; a field
/// that no longer is what the last import wrote belongs to the merchant.
pub(super) fn merged(standing: &GoodsDraft, last: Option<&Snapshot>, fresh: &Snapshot) -> GoodsDraft {
    let (mut draft, fresh) = (standing.clone(), &fresh.listed);
    draft.source = Some(fresh.source.clone());
    let Some(Snapshot { listed: last, .. }) = last else { return draft };
    if draft.title == last.title {
        draft.title.clone_from(&fresh.title);
    }
    if draft.subtitle == last.subtitle {
        draft.subtitle.clone_from(&fresh.subtitle);
    }
    if draft.pictures == last.pictures {
        draft.pictures.clone_from(&fresh.pictures);
    }
    if draft.tags == last.tags {
        draft.tags.clone_from(&fresh.tags);
    }
    if draft.on_shelf == last.on_shelf {
        draft.on_shelf = fresh.on_shelf;
    }
    // A category is only ever given, never taken back by an import that names none.
    if draft.category_id == last.category_id && fresh.category_id.is_some() {
        draft.category_id = fresh.category_id;
    }
    draft
}

/// The SKUs with the marketplace's price, or `None` when it stands already. The price is the
/// marketplace's whatever the merchant wrote: the shopper pays it there.
pub(super) fn repriced(standing: &[sku::Model], fresh: &Snapshot) -> Result<Option<Vec<SkuDraft>>, GoodsError> {
    let (price, original) = (fresh.listed.price_fen, fresh.listed.original_price_fen);
    if standing.iter().all(|sku| sku.price_fen == price && sku.original_price_fen == original) {
        return Ok(None);
    }
    let draft = |sku: &sku::Model| {
        Ok(SkuDraft {
            id: Some(sku.id),
            specs: specs_of(sku)?,
            price_fen: price,
            original_price_fen: original,
            cost_fen: sku.cost_fen,
            member_price_fen: sku.member_price_fen,
            settlement_price_fen: sku.settlement_price_fen,
            weight_g: sku.weight_g,
            barcode: sku.barcode.clone(),
            picture: sku.picture.clone(),
            stock: None,
        })
    };
    standing.iter().map(draft).collect::<Result<_, _>>().map(Some)
}

/// Whether an id of a marketplace can be kept.
pub(super) fn is_keepable(id: &str) -> bool {
    id.len() <= ID_MAX && !id.chars().any(char::is_control)
}

/// A picture's address as goods take it; platforms leave the scheme off.
pub(super) fn picture(address: &str) -> Option<String> {
    let address = address.trim();
    let address = if address.starts_with("//") { format!("https:{address}") } else { address.to_owned() };
    let known = ["https://", "http://"].iter().any(|scheme| address.starts_with(scheme));
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '\\');
    (known && address.chars().count() <= ADDRESS_MAX && !address.contains(odd)).then_some(address)
}

/// What the coupon takes off, in the words shoppers know.
fn coupon_tag(coupon: Fen) -> Option<String> {
    let yuan = coupon.to_yuan_string();
    let yuan = yuan.trim_end_matches('0').trim_end_matches('.');
    coupon.is_positive().then(|| format!("券减{yuan}元"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use gateways::marketplaces::money::Money;
    use kernel::BasisPoints;
    use serde_json::json;

    fn row() -> RemoteGoods {
        RemoteGoods {
            external_id: "abc".to_owned(),
            title: "纯\0牛奶 250ml".to_owned(),
            pictures: vec!["//img.example.test/1.jpg".to_owned(), "javascript:x".to_owned()],
            price: Money::cny(Fen::from_fen(5990)),
            coupon: Fen::from_fen(1050),
            final_price: Fen::from_fen(4940),
            coupon_until: None,
            rate: BasisPoints::new(300),
            est_commission: Fen::from_fen(148),
            sales_text: Some("10万+".to_owned()),
            shop_id: None,
            shop_name: Some("奶铺".to_owned()),
            category_id: None,
            category_name: None,
            listing: ListingKind::Affiliate,
            skus: Vec::new(),
            hidden: false,
            extra: json!({"search_id": "s1"}),
        }
    }

    fn snapshot(row: &RemoteGoods) -> Snapshot {
        Snapshot::of(row, "pinduoduo_affiliate", None).unwrap()
    }

    #[test]
    fn goods_are_listed_with_the_price_after_the_coupon() {
        let listed = snapshot(&row()).listed;
        let draft = listed.draft();
        assert_eq!((draft.title.as_str(), draft.tags.as_slice()), ("纯 牛奶 250ml", &["券减10.5元".to_owned()][..]));
        assert_eq!(draft.pictures, ["https://img.example.test/1.jpg"]);
        let sku = listed.sku();
        assert_eq!((sku.price_fen.fen(), sku.original_price_fen.map(Fen::fen)), (4940, Some(5990)));
        assert_eq!(sku.stock, Some(None));
        assert!(draft.check().is_ok());
    }

    #[test]
    fn what_cannot_be_kept_is_refused_with_a_reason() {
        let refused = |change: fn(&mut RemoteGoods)| {
            let mut row = row();
            change(&mut row);
            Snapshot::of(&row, "x", None).unwrap_err()
        };
        assert!(refused(|row| row.title = "\u{1}".to_owned()).contains("title"));
        assert!(refused(|row| row.external_id = "a\0b".to_owned()).contains("id"));
        assert!(refused(|row| row.extra = json!({"x": "a\0"})).contains("characters"));
        let dollars = |row: &mut RemoteGoods| row.price.currency = Currency::parse("USD").unwrap();
        assert!(refused(dollars).contains("yuan"));
    }

    #[test]
    fn a_snapshot_is_read_as_it_was_kept() {
        let kept = snapshot(&row());
        assert_eq!(Snapshot::read(&kept.json().unwrap()), Some(kept));
        assert_eq!(Snapshot::read(&json!({"listed": 1})), None);
    }

    #[test]
    fn the_merchants_edits_stay_and_the_rest_is_renewed() {
        let last = snapshot(&row());
        let mut newer = row();
        (newer.title, newer.coupon) = ("新包装".to_owned(), Fen::ZERO);
        newer.pictures = vec!["https://img.example.test/2.jpg".to_owned()];
        let fresh = snapshot(&newer);
        let untouched = merged(&last.listed.draft(), Some(&last), &fresh);
        assert_eq!((untouched.title.as_str(), untouched.tags.len()), ("新包装", 0));

        let category = CategoryId::new();
        let mut edited = last.listed.draft();
        (edited.title, edited.category_id, edited.on_shelf) = ("我的牛奶".to_owned(), Some(category), false);
        let kept = merged(&edited, Some(&last), &fresh);
        assert_eq!((kept.title.as_str(), kept.category_id, kept.on_shelf), ("我的牛奶", Some(category), false));
        assert_eq!(kept.pictures, ["https://img.example.test/2.jpg"]);
        assert_eq!(kept.source.unwrap().coupon_fen, None);
    }

    #[test]
    fn goods_are_looked_at_again_in_a_day_or_when_their_coupon_ends() {
        let now: Time = "2026-11-23T15:00:00Z".parse().unwrap();
        let again = |ends_in: Option<Duration>| {
            let mut row = row();
            row.coupon_until = ends_in.map(|span| now + span);
            snapshot(&row).seen(now).unwrap().look_at - now
        };
        assert_eq!(again(None), FRESH_FOR);
        assert_eq!(again(Some(Duration::hours(3))), Duration::hours(3));
        assert_eq!(again(Some(Duration::days(3))), FRESH_FOR);
        assert_eq!(again(Some(Duration::hours(-1))), FRESH_FOR, "an ended coupon is no reason to look at once");
    }

    #[test]
    fn goods_that_are_gone_leave_the_shelf_and_come_back() {
        let last = snapshot(&row());
        let gone = last.clone().off_shelf();
        let off = merged(&last.listed.draft(), Some(&last), &gone);
        assert!(!off.on_shelf);
        assert!(merged(&off, Some(&gone), &last).on_shelf);
    }
}
