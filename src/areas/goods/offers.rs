//! Goods as checkout sees them: a SKU with its goods, and whether it may be sold now.

use std::collections::HashSet;

use kernel::id::{GoodsId, PickupPointId, ShopId, SkuId};
use kernel::{Code, Coded, ListingKind, Time};
use sea_orm::entity::prelude::*;
use serde_json::json;

use super::entity::{goods, goods_region, sku};
use super::rules;
use super::terms::{PickupRule, PurchaseLimit};

/// Why a SKU cannot be bought now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotForSale {
    /// No such SKU in the shop, or it was removed.
    #[error("the SKU does not exist")]
    Unknown,
    /// Off the shelf or deleted.
    #[error("the goods are off the shelf")]
    OffShelf,
    /// Before the sale window.
    #[error("the sale has not begun")]
    NotYet,
    /// After the sale window.
    #[error("the sale has ended")]
    Over,
    /// Sold on a marketplace.
    #[error("the goods are bought on their own platform")]
    Affiliate,
    /// Not sold at this pickup point.
    #[error("the goods are not sold at this place")]
    OutOfRegion,
    /// Fewer than the least quantity.
    #[error("at least {0} must be bought")]
    BelowMinimum(i64),
    /// More than one order may hold.
    #[error("at most {0} may be bought in one order")]
    AboveOrderLimit(i64),
    /// Only for members without an earlier order.
    #[error("only for new buyers")]
    NewBuyersOnly,
}

/// A SKU that cannot be bought, named.
#[derive(Debug, thiserror::Error)]
#[error("{sku}: {why}")]
pub struct OfferError {
    /// The SKU asked for.
    pub sku: SkuId,
    /// Why not.
    pub why: NotForSale,
}

impl Coded for OfferError {
    fn code(&self) -> Code {
        match self.why {
            NotForSale::Unknown => Code::SkuNotFound,
            NotForSale::OffShelf | NotForSale::NotYet | NotForSale::Over => Code::GoodsNotOnSale,
            NotForSale::Affiliate => Code::GoodsAffiliateOnly,
            NotForSale::OutOfRegion => Code::GoodsNotInRegion,
            NotForSale::BelowMinimum(_) => Code::PurchaseMinimum,
            NotForSale::AboveOrderLimit(_) => Code::PurchaseLimit,
            NotForSale::NewBuyersOnly => Code::NewBuyerOnly,
        }
    }

    fn extra(&self) -> Option<serde_json::Value> {
        Some(json!({ "sku_id": self.sku, "reason": self.why.reason() }))
    }
}

impl NotForSale {
    /// A stable word for the cart and for `extra`.
    pub fn reason(&self) -> &'static str {
        match self {
            NotForSale::Unknown => "unknown",
            NotForSale::OffShelf => "off_shelf",
            NotForSale::NotYet => "sale_not_started",
            NotForSale::Over => "sale_ended",
            NotForSale::Affiliate => "affiliate",
            NotForSale::OutOfRegion => "out_of_region",
            NotForSale::BelowMinimum(_) => "below_minimum",
            NotForSale::AboveOrderLimit(_) => "above_limit",
            NotForSale::NewBuyersOnly => "new_buyers_only",
        }
    }
}

/// A SKU with its goods.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The SKU.
    pub sku: sku::Model,
    /// Its goods.
    pub goods: goods::Model,
    /// Whether region-limited goods are sold at the place asked for.
    in_region: bool,
}

impl Offer {
    /// The goods' purchase limits.
    pub fn limits(&self) -> PurchaseLimit {
        let stored = self.goods.purchase_limit.clone();
        stored.and_then(|limits| serde_json::from_value(limits).ok()).unwrap_or_default()
    }

    /// Within how many days an order may be collected at the latest; none where only words say it.
    pub fn pickup_days(&self) -> Option<i64> {
        match serde_json::from_value(self.goods.pickup.clone()?).ok()? {
            // From the cut-off on the day after counts.
            PickupRule::Days { days, cut_off } => Some(i64::from(days) + i64::from(cut_off.is_some())),
            PickupRule::Words { .. } => None,
        }
    }

    /// When an order placed at `now` may be collected, in words.
    pub fn expected_pickup(&self, now: Time) -> Option<String> {
        let rule: PickupRule = serde_json::from_value(self.goods.pickup.clone()?).ok()?;
        Some(rules::expected_pickup(&rule, now))
    }

    /// Whether the SKU may be sold at `now`, apart from quantities.
    pub fn is_for_sale(&self, now: Time) -> Result<(), NotForSale> {
        if self.sku.removed_at.is_some() {
            return Err(NotForSale::Unknown);
        }
        if self.goods.kind == ListingKind::Affiliate {
            return Err(NotForSale::Affiliate);
        }
        if !self.goods.on_shelf || self.goods.deleted_at.is_some() {
            return Err(NotForSale::OffShelf);
        }
        if self.goods.sale_from.is_some_and(|from| now < from) {
            return Err(NotForSale::NotYet);
        }
        if self.goods.sale_until.is_some_and(|until| now >= until) {
            return Err(NotForSale::Over);
        }
        if self.in_region { Ok(()) } else { Err(NotForSale::OutOfRegion) }
    }
}

/// The offers of `skus` at a place; an unknown SKU is missing from the answer. Two statements, or
/// three when goods are limited to regions.
pub async fn of_skus(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    skus: &[SkuId],
    point: Option<PickupPointId>,
) -> Result<Vec<Offer>, DbErr> {
    let skus = sku::in_shop(shop).filter(sku::Column::Id.is_in(skus.iter().copied())).all(conn).await?;
    let ids: HashSet<GoodsId> = skus.iter().map(|sku| sku.goods_id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let goods = goods::in_shop(shop).filter(goods::Column::Id.is_in(ids)).all(conn).await?;
    let limited: Vec<GoodsId> = goods.iter().filter(|g| g.region_limited).map(|g| g.id).collect();
    let sold_here = sold_at(conn, shop, &limited, point).await?;
    let offer = |sku: sku::Model| {
        let goods = goods.iter().find(|goods| goods.id == sku.goods_id)?.clone();
        let in_region = !goods.region_limited || sold_here.contains(&goods.id);
        Some(Offer { sku, goods, in_region })
    };
    Ok(skus.into_iter().filter_map(offer).collect())
}

async fn sold_at(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    limited: &[GoodsId],
    point: Option<PickupPointId>,
) -> Result<HashSet<GoodsId>, DbErr> {
    let (Some(point), false) = (point, limited.is_empty()) else { return Ok(HashSet::new()) };
    let rows = goods_region::in_shop(shop)
        .filter(goods_region::Column::GoodsId.is_in(limited.iter().copied()))
        .filter(goods_region::Column::PickupPointId.eq(point))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.goods_id).collect())
}
