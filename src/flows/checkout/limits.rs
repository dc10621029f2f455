//! how much a member may still buy. His orders that are not closed are the truth, for the
//! cart as for checkout; the counter's row makes two orders of one member come one after the other.

use kernel::id::{GoodsId, MemberId, ShopId};
use kernel::{Failure, Time};
use sea_orm::ConnectionTrait;

use super::Basket;
use crate::areas::goods::offers::Offer;
use crate::areas::goods::terms::PurchaseLimit;
use crate::areas::orders;
use crate::areas::stock::purchases::{Limit, Period, count_purchase, hold_counters};

/// The limits that count earlier orders, each with its period.
pub(in crate::flows) fn counted(rule: &PurchaseLimit, now: Time) -> impl Iterator<Item = (Period, i64)> {
    let limits = [(Period::day_of(now), rule.per_day), (Period::Ever, rule.ever)];
    limits.into_iter().filter_map(|(period, limit)| Some((period, limit?)))
}

/// Units of the goods in the member's orders of the period that are not closed.
pub(in crate::flows) async fn bought(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: MemberId,
    goods: GoodsId,
    period: Period,
    now: Time,
) -> Result<i64, Failure> {
    let since = (period != Period::Ever).then_some(now);
    Ok(orders::query::units_bought(conn, shop, member, goods, since).await?)
}

/// Counts an order, whose lines are written already, against its limits.
pub(super) async fn count(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: MemberId,
    offers: &[Offer],
    basket: &Basket,
    now: Time,
) -> Result<(), Failure> {
    let mut limits = Vec::new();
    for (offer, (_, quantity)) in offers.iter().zip(&basket.lines) {
        let goods = offer.goods.id;
        for (period, limit) in counted(&offer.limits(), now) {
            limits.push(Limit { goods, period, quantity: *quantity, limit, earlier: 0 });
        }
    }
    if limits.is_empty() {
        return Ok(());
    }
    // Held first and read then: no other order of the member comes or goes in between.
    hold_counters(conn, shop, member, &limits).await?;
    for limit in &mut limits {
        let all = bought(conn, shop, member, limit.goods, limit.period, now).await?;
        limit.earlier = (all - units_of(limit.goods, offers, basket)).max(0);
    }
    Ok(count_purchase(conn, shop, member, &limits).await?)
}

/// Units of the goods in the basket, over all their SKUs.
pub(super) fn units_of(goods: GoodsId, offers: &[Offer], basket: &Basket) -> i64 {
    let lines = offers.iter().zip(&basket.lines).filter(|(offer, _)| offer.goods.id == goods);
    lines.map(|(_, (_, units))| *units).sum()
}
