//! Reading everything a basket depends on and judging it by the rules about goods (docs/rules.md).

use kernel::id::{LeaderId, MemberId, PickupPointId, ShopId};
use kernel::{Failure, Fen, ListingKind};
use sea_orm::ConnectionTrait;

use super::merchants::{self, Merchant};
use super::{Basket, CheckoutError, limits};
use crate::app::App;
use crate::areas::goods::offers::{self, NotForSale, Offer, OfferError};
use crate::areas::members::entity::member;
use crate::areas::members::error::MemberError;
use crate::areas::orders::rules::{Asked, PointsOffer, PriceInput, Priced, price};
use crate::areas::orders::state::FulfilmentKind;
use crate::areas::shops::query::Shop;
use crate::areas::suppliers::entity::supplier;
use crate::areas::suppliers::state::SupplierState;
use crate::areas::{members, pickup, suppliers};
use crate::flows::member_money;

/// A basket that may be ordered as far as a read can tell; the writing transaction decides.
pub(super) struct Judged {
    /// One offer a line, in the basket's order.
    pub offers: Vec<Offer>,
    /// Who provides their goods, where somebody else than the shop does.
    pub suppliers: Vec<supplier::Model>,
    /// Who collects each.
    pub merchants: Vec<Option<Merchant>>,
    /// The price.
    pub priced: Priced,
    /// How much of it balance pays.
    pub balance: Fen,
    /// Where it is collected.
    pub point: Option<PickupPointId>,
    /// Who serves it.
    pub leader: Option<LeaderId>,
    /// The address as it is stored with the order.
    pub address: Option<serde_json::Value>,
}

/// Judges `basket` for `member` now.
pub(super) async fn judge(app: &App, shop: &Shop, member: MemberId, basket: &Basket) -> Result<Judged, Failure> {
    let conn = app.db.reader();
    let now = app.clock.now();
    if basket.lines.is_empty() {
        return Err(CheckoutError::Empty.into());
    }
    if let Some(until) = shop.settings.closed_until(now) {
        return Err(CheckoutError::Closed(until).into());
    }
    let member = members::query::by_id(conn, shop.id, member).await?.ok_or(MemberError::TokenInvalid)?;
    let wanted = basket.point.or(member.pickup_point_id).filter(|_| basket.kind != FulfilmentKind::Express);
    let offers = offers_of(conn, shop.id, basket, wanted).await?;
    // Goods of a marketplace cannot be ordered anywhere: that is told before a place is asked for.
    if let Some(offer) = offers.iter().find(|offer| offer.goods.kind == ListingKind::Affiliate) {
        return Err(OfferError { sku: offer.sku.id, why: NotForSale::Affiliate }.into());
    }
    let (point, leader) = place_of(conn, shop.id, &member, basket, wanted).await?;
    let address = address_of(conn, shop.id, &member, basket).await?;
    let suppliers = suppliers_of(conn, shop.id, &offers).await?;
    for offer in &offers {
        let refused = |why| OfferError { sku: offer.sku.id, why };
        if supplier_of(&suppliers, offer).is_some_and(|supplier| supplier.state == SupplierState::Frozen) {
            return Err(refused(NotForSale::OffShelf).into());
        }
        offer.is_for_sale(now).map_err(refused)?;
        within_order_limits(offer, &offers, basket).map_err(refused)?;
        if offer.goods.new_buyer_only && member.has_paid {
            return Err(refused(NotForSale::NewBuyersOnly).into());
        }
    }
    express_stays_alone(&offers, basket.kind)?;
    let priced = price(&PriceInput {
        lines: offers.iter().zip(&basket.lines).map(|(offer, (_, units))| asked(offer, &suppliers, *units)).collect(),
        points: points_offer(shop, basket),
        ..PriceInput::default()
    })
    .map_err(crate::areas::orders::error::OrderError::from)?;
    if priced.goods < shop.settings.minimum_spend_fen {
        return Err(CheckoutError::MinimumSpend(shop.settings.minimum_spend_fen).into());
    }
    let merchants = merchants::of_offers(shop, &offers, &suppliers);
    if merchants.iter().any(Option::is_some) && (basket.points != 0 || basket.balance != Fen::ZERO) {
        return Err(CheckoutError::WechatPayAlone.into());
    }
    let balance = other_means(conn, shop, member.id, basket, &priced).await?;
    enough_free(&offers, basket)?;
    Ok(Judged { offers, suppliers, merchants, priced, balance, point, leader, address })
}

fn points_offer(shop: &Shop, basket: &Basket) -> Option<PointsOffer> {
    let (per_yuan, cap) = (shop.settings.points_per_yuan, shop.settings.points_cap_bp);
    (basket.points > 0).then_some(PointsOffer { used: basket.points, per_yuan, cap })
}

/// What the member has of what he wants to pay with, as far as a read can tell. Answers how much of his
/// balance is used: what is asked for, and never more than there is to pay. Nobody holds a coupon before
/// their issue lands, so they are refused.
async fn other_means(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    member: MemberId,
    basket: &Basket,
    priced: &Priced,
) -> Result<Fen, Failure> {
    if basket.coupon.is_some() {
        return Err(CheckoutError::Coupon.into());
    }
    if basket.points == 0 && basket.balance == Fen::ZERO {
        return Ok(Fen::ZERO);
    }
    let has = member_money::balance(conn, shop.id, member).await?;
    if basket.points > has.points {
        return Err(CheckoutError::Points.into());
    }
    let used = std::cmp::min(basket.balance, priced.payable);
    if used > has.principal.plus(has.gift)? {
        return Err(CheckoutError::Balance.into());
    }
    Ok(used)
}

async fn place_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: &member::Model,
    basket: &Basket,
    wanted: Option<PickupPointId>,
) -> Result<(Option<PickupPointId>, Option<LeaderId>), Failure> {
    if basket.kind == FulfilmentKind::Express {
        return Ok((None, member.leader_id));
    }
    let point = wanted.ok_or(CheckoutError::NoPickupPoint)?;
    let point = pickup::query::open_point(conn, shop, point).await?;
    Ok((Some(point.id), Some(point.leader_id)))
}

async fn address_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: &member::Model,
    basket: &Basket,
) -> Result<Option<serde_json::Value>, Failure> {
    if basket.kind == FulfilmentKind::Pickup {
        return Ok(None);
    }
    let id = basket.address.ok_or(CheckoutError::NoAddress)?;
    let address = members::addresses::snapshot(conn, shop, member.id, id).await?;
    Ok(Some(address))
}

async fn offers_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    basket: &Basket,
    point: Option<PickupPointId>,
) -> Result<Vec<Offer>, Failure> {
    let skus: Vec<_> = basket.lines.iter().map(|(sku, _)| *sku).collect();
    let found = offers::of_skus(conn, shop, &skus, point).await?;
    let offer_of = |sku| {
        let offer = found.iter().find(|offer| offer.sku.id == sku).cloned();
        offer.ok_or(OfferError { sku, why: NotForSale::Unknown })
    };
    Ok(skus.into_iter().map(offer_of).collect::<Result<_, _>>()?)
}

/// R-06 within one order: the goods' limits count all their SKUs together.
fn within_order_limits(offer: &Offer, offers: &[Offer], basket: &Basket) -> Result<(), NotForSale> {
    let limits = offer.limits();
    let together = limits::units_of(offer.goods.id, offers, basket);
    if let Some(least) = limits.minimum.filter(|least| together < *least) {
        return Err(NotForSale::BelowMinimum(least));
    }
    match limits.per_order.filter(|most| together > *most) {
        Some(most) => Err(NotForSale::AboveOrderLimit(most)),
        None => Ok(()),
    }
}

///
fn express_stays_alone(offers: &[Offer], kind: FulfilmentKind) -> Result<(), CheckoutError> {
    let express = offers.iter().filter(|offer| offer.goods.express_only).count();
    let fits = express == 0 || (express == offers.len() && kind == FulfilmentKind::Express);
    if fits { Ok(()) } else { Err(CheckoutError::ExpressOnly) }
}

/// A look at the shelf, so that a hopeless basket is told early; the reservation decides.
fn enough_free(offers: &[Offer], basket: &Basket) -> Result<(), CheckoutError> {
    for (offer, (sku, quantity)) in offers.iter().zip(&basket.lines) {
        if offer.sku.free.is_some_and(|free| free < *quantity) {
            return Err(CheckoutError::Short(*sku));
        }
    }
    Ok(())
}

/// The suppliers of the offers' goods; a basket of the shop's own goods costs no question.
async fn suppliers_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    offers: &[Offer],
) -> Result<Vec<supplier::Model>, Failure> {
    let mut ids: Vec<_> = offers.iter().filter_map(|offer| offer.goods.supplier_id).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(suppliers::query::by_ids(conn, shop, &ids).await?)
}

/// The supplier of an offer's goods.
pub(super) fn supplier_of<'a>(suppliers: &'a [supplier::Model], offer: &Offer) -> Option<&'a supplier::Model> {
    suppliers.iter().find(|supplier| Some(supplier.id) == offer.goods.supplier_id)
}

fn asked(offer: &Offer, suppliers: &[supplier::Model], quantity: i64) -> Asked {
    Asked {
        goods: offer.goods.id,
        sku: offer.sku.id,
        unit_price: offer.sku.price_fen,
        quantity,
        //
        spend_and_save: !supplier_of(suppliers, offer).is_some_and(|supplier| supplier.independent),
        coupon: true,
    }
}
