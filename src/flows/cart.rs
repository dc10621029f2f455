//! The cart: changing lines, and showing each with why it can no longer be bought.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use kernel::id::{GoodsId, MemberId, ShopId, SkuId};
use kernel::{Failure, Fen, ListingKind, Time};
use sea_orm::ConnectionTrait;

use super::checkout::{CheckoutError, limits};
use crate::app::App;
use crate::areas::cart::entity::cart_item;
use crate::areas::cart::{query, service};
use crate::areas::goods::GoodsError;
use crate::areas::goods::offers::{self, NotForSale, Offer};
use crate::areas::members;
use crate::areas::members::error::MemberError;
use crate::areas::shops::query::Shop;
use crate::areas::stock::purchases::Period;

/// Why a line cannot be bought now, with the number that would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// A stable word.
    pub reason: &'static str,
    /// The most units that could be bought.
    pub at_most: Option<i64>,
    /// The least units that could be bought.
    pub at_least: Option<i64>,
}

impl Trouble {
    fn of(reason: &'static str) -> Self {
        Self { reason, at_most: None, at_least: None }
    }
}

/// A line of the cart as it stands now.
#[derive(Clone, Debug)]
pub struct Line {
    /// What the member put there.
    pub item: cart_item::Model,
    /// The SKU and its goods.
    pub offer: Offer,
    /// The line's money.
    pub goods_fen: Fen,
    /// Why it cannot be bought, if it cannot.
    pub trouble: Option<Trouble>,
}

/// A cart.
#[derive(Clone, Debug)]
pub struct Cart {
    /// Every line, the latest first.
    pub lines: Vec<Line>,
    /// Units of the selected lines that can be bought.
    pub quantity: i64,
    /// Their money.
    pub goods_fen: Fen,
}

/// Makes a line hold `quantity` units. A line that is there may always be made smaller, selected or
/// not; a new or larger one needs goods on sale and an open shop.
///
/// # Errors
/// SKU unknown; goods of a marketplace; not on sale; shop closed; cart full.
#[tracing::instrument(skip_all, fields(shop = %shop.id, %sku))]
pub async fn put(
    app: &App,
    shop: &Shop,
    member: MemberId,
    sku: SkuId,
    quantity: i64,
    selected: bool,
) -> Result<(), Failure> {
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            let offer = offers::of_skus(tx, shop.id, &[sku], None).await?.pop();
            let offer = offer.ok_or(GoodsError::SkuNotFound(sku))?;
            if offer.goods.kind == ListingKind::Affiliate {
                return Err(GoodsError::AffiliateOnly(offer.goods.id).into());
            }
            let had = query::line(tx, shop.id, member, sku).await?.map_or(0, |line| line.quantity);
            if quantity > had {
                // The region is judged when the cart is shown: the pickup point may still change.
                match offer.is_for_sale(now) {
                    Ok(()) | Err(NotForSale::OutOfRegion) => {}
                    Err(NotForSale::Unknown) => return Err(GoodsError::SkuNotFound(sku).into()),
                    Err(_) => return Err(GoodsError::NotOnSale(offer.goods.id).into()),
                }
                if let Some(until) = shop.settings.closed_until(now) {
                    return Err(CheckoutError::Closed(until).into());
                }
            }
            Ok(service::put(tx, shop.id, member, sku, quantity, selected, now).await?)
        })
        .await
}

/// Removes a line; one that is not there is no fault.
pub async fn remove(app: &App, shop: &Shop, member: MemberId, sku: SkuId) -> Result<(), Failure> {
    app.db.write(async |tx| Ok(service::remove(tx, shop.id, member, &[sku]).await?)).await
}

/// The cart as it stands now, each line with why it cannot be bought.
pub async fn show(app: &App, shop: &Shop, member: MemberId) -> Result<Cart, Failure> {
    let (conn, now) = (app.db.reader(), app.clock.now());
    let items = query::lines(conn, shop.id, member).await?;
    if items.is_empty() {
        return Ok(Cart { lines: Vec::new(), quantity: 0, goods_fen: Fen::ZERO });
    }
    let buyer = members::query::by_id(conn, shop.id, member).await?.ok_or(MemberError::TokenInvalid)?;
    let skus: Vec<SkuId> = items.iter().map(|item| item.sku_id).collect();
    let offers = offers::of_skus(conn, shop.id, &skus, buyer.pickup_point_id).await?;
    let mut offers: HashMap<SkuId, Offer> = offers.into_iter().map(|offer| (offer.sku.id, offer)).collect();
    let lines: Vec<(cart_item::Model, Offer)> =
        items.into_iter().filter_map(|item| offers.remove(&item.sku_id).map(|offer| (item, offer))).collect();
    let today = Period::day_of(now);
    let bought = bought(conn, shop.id, member, &lines, now).await?;
    let judge = Judge { now, today, has_paid: buyer.has_paid, wanted: wanted(&lines), bought };
    let mut cart = Cart { lines: Vec::with_capacity(lines.len()), quantity: 0, goods_fen: Fen::ZERO };
    for (item, offer) in lines {
        let trouble = judge.trouble(&item, &offer);
        let goods_fen = offer.sku.price_fen.times(item.quantity)?;
        if item.selected && trouble.is_none() {
            cart.quantity += item.quantity;
            cart.goods_fen = cart.goods_fen.plus(goods_fen)?;
        }
        cart.lines.push(Line { item, offer, goods_fen, trouble });
    }
    Ok(cart)
}

/// What the member has bought of the goods whose limits count earlier orders.
async fn bought(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: MemberId,
    lines: &[(cart_item::Model, Offer)],
    now: Time,
) -> Result<HashMap<(GoodsId, Period), i64>, Failure> {
    let mut bought = HashMap::new();
    for (_, offer) in lines {
        let goods = offer.goods.id;
        for (period, _) in limits::counted(&offer.limits(), now) {
            if let Entry::Vacant(unread) = bought.entry((goods, period)) {
                unread.insert(limits::bought(conn, shop, member, goods, period, now).await?);
            }
        }
    }
    Ok(bought)
}

/// Units of the selected lines of each goods: limits are on goods, over all their SKUs.
fn wanted(lines: &[(cart_item::Model, Offer)]) -> HashMap<GoodsId, i64> {
    let mut wanted = HashMap::new();
    for (item, offer) in lines.iter().filter(|(item, _)| item.selected) {
        *wanted.entry(offer.goods.id).or_default() += item.quantity;
    }
    wanted
}

/// What a line is judged by.
struct Judge {
    now: Time,
    today: Period,
    has_paid: bool,
    wanted: HashMap<GoodsId, i64>,
    bought: HashMap<(GoodsId, Period), i64>,
}

impl Judge {
    fn trouble(&self, item: &cart_item::Model, offer: &Offer) -> Option<Trouble> {
        match offer.is_for_sale(self.now) {
            // A SKU that is no longer sold is off the shelf, whatever became of its goods.
            Err(NotForSale::Unknown) => return Some(Trouble::of(NotForSale::OffShelf.reason())),
            Err(why) => return Some(Trouble::of(why.reason())),
            Ok(()) => {}
        }
        if offer.goods.new_buyer_only && self.has_paid {
            return Some(Trouble::of(NotForSale::NewBuyersOnly.reason()));
        }
        match offer.sku.free {
            Some(0) => return Some(Trouble { at_most: Some(0), ..Trouble::of("sold_out") }),
            Some(left) if left < item.quantity => return Some(Trouble { at_most: Some(left), ..Trouble::of("short") }),
            _ => {}
        }
        self.over_limit(item, offer)
    }

    fn over_limit(&self, item: &cart_item::Model, offer: &Offer) -> Option<Trouble> {
        let limits = offer.limits();
        let goods = offer.goods.id;
        let selected = self.wanted.get(&goods).copied().unwrap_or_default();
        let units = if item.selected { selected } else { item.quantity };
        let bought = |period| self.bought.get(&(goods, period)).copied().unwrap_or_default();
        let most = [
            limits.per_order,
            limits.per_day.map(|limit| limit - bought(self.today)),
            limits.ever.map(|limit| limit - bought(Period::Ever)),
        ];
        let most = most.into_iter().flatten().min().map(|most| most.max(0));
        if most.is_some_and(|most| units > most) {
            return Some(Trouble { at_most: most, ..Trouble::of(NotForSale::AboveOrderLimit(0).reason()) });
        }
        let least = limits.minimum.filter(|least| units < *least)?;
        Some(Trouble { at_least: Some(least), ..Trouble::of(NotForSale::BelowMinimum(least).reason()) })
    }
}
