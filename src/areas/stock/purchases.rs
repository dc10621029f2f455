//! How much a member may still buy of goods. A counter per member, goods and period holds
//! the units of orders that are not closed; it grows by a conditional upsert, never count-then-insert.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::NaiveDate;
use kernel::Time;
use kernel::clock::beijing_day;
use kernel::id::{GoodsId, MemberId, ShopId};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, TryInsertResult};

use super::StockError;
use super::entity::purchase_counter as counter;

/// What a limit counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// One day of Beijing.
    Day(NaiveDate),
    /// The member's whole life in the shop.
    Ever,
}

impl Period {
    /// The day of `time`.
    pub fn day_of(time: Time) -> Self {
        Self::Day(beijing_day(time))
    }

    /// The kind of period as the API names it.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Day(_) => "day",
            Self::Ever => "ever",
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => day.fmt(f),
            Self::Ever => f.write_str("ever"),
        }
    }
}

/// Units of limited goods that an order is about to buy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The goods.
    pub goods: GoodsId,
    /// What the limit counts in.
    pub period: Period,
    /// Units of this order, over all SKUs of the goods.
    pub quantity: i64,
    /// Most units in the period.
    pub limit: i64,
    /// Units in the member's earlier orders that are not closed. A counter may know of fewer, since
    /// nothing is counted while the goods are not limited.
    pub earlier: i64,
}

/// Holds the counters of an order's limits until the transaction ends, by their one order, so that
/// what the member has bought can be read and stays so. Counters that are not there yet begin at 0.
pub async fn hold_counters(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: MemberId,
    limits: &[Limit],
) -> Result<(), StockError> {
    let keys: BTreeSet<(GoodsId, Period)> = limits.iter().map(|limit| (limit.goods, limit.period)).collect();
    if keys.is_empty() {
        return Ok(());
    }
    let rows = keys.into_iter().map(|(goods, period)| counter::ActiveModel {
        member_id: Set(member),
        goods_id: Set(goods),
        period: Set(period.to_string()),
        shop_id: Set(shop),
        used: Set(0),
    });
    let as_it_is = Expr::col((counter::Entity, counter::Column::Used));
    let held = of_counter().value(counter::Column::Used, as_it_is).to_owned();
    counter::Entity::insert_many(rows).on_conflict(held).exec_without_returning(conn).await?;
    Ok(())
}

/// Counts an order's units against its limits; on an error the caller rolls all of it back.
///
/// # Errors
/// [`StockError::Limit`] names the first limit that would be passed.
pub async fn count_purchase(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: MemberId,
    limits: &[Limit],
) -> Result<(), StockError> {
    // Several lines may buy the same goods; one order of rows keeps two orders from a deadlock.
    let mut by_counter = BTreeMap::<(GoodsId, Period), Limit>::new();
    for limit in limits {
        let sum = by_counter.entry((limit.goods, limit.period)).or_insert(Limit { quantity: 0, ..*limit });
        sum.quantity = sum.quantity.saturating_add(limit.quantity);
        sum.limit = std::cmp::min(sum.limit, limit.limit);
    }
    for limit in by_counter.values() {
        if !count_one(conn, shop, member, limit).await? {
            return Err(StockError::Limit { goods: limit.goods, limit: limit.limit, period: limit.period });
        }
    }
    Ok(())
}

async fn count_one(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: MemberId,
    limit: &Limit,
) -> Result<bool, StockError> {
    let first = limit.earlier.saturating_add(limit.quantity);
    if first > limit.limit {
        return Ok(false);
    }
    let row = counter::ActiveModel {
        member_id: Set(member),
        goods_id: Set(limit.goods),
        period: Set(limit.period.to_string()),
        shop_id: Set(shop),
        used: Set(first),
    };
    // Whichever knows of more: the counter or the orders.
    let used = Expr::col((counter::Entity, counter::Column::Used));
    let known = Expr::case(used.clone().gte(limit.earlier), used.clone()).finally(limit.earlier);
    let mut on_conflict = of_counter();
    on_conflict
        .value(counter::Column::Used, Expr::expr(known).add(limit.quantity))
        .action_and_where(used.lte(limit.limit.saturating_sub(limit.quantity)));
    let outcome = counter::Entity::insert(row).on_conflict(on_conflict).try_insert().exec_without_returning(conn);
    Ok(matches!(outcome.await?, TryInsertResult::Inserted(rows) if rows > 0))
}

fn of_counter() -> OnConflict {
    OnConflict::columns([counter::Column::MemberId, counter::Column::GoodsId, counter::Column::Period])
}

/// Takes the units of an order that is closed out of its counters again: the day it was placed on,
/// and ever. Call it once, in the transaction that closes the order.
pub async fn uncount_purchase(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: MemberId,
    bought: &[(GoodsId, i64)],
    placed_at: Time,
) -> Result<(), StockError> {
    let mut by_goods = BTreeMap::<GoodsId, i64>::new();
    for (goods, units) in bought {
        *by_goods.entry(*goods).or_default() += units;
    }
    let periods = [Period::day_of(placed_at).to_string(), Period::Ever.to_string()];
    for (goods, units) in by_goods {
        // Floored: a counter may not know orders from a time when the goods were not limited.
        let used = || Expr::col(counter::Column::Used);
        let less = Expr::case(used().gte(units), used().sub(units)).finally(0);
        counter::Entity::update_many()
            .col_expr(counter::Column::Used, less.into())
            .filter(counter::Column::ShopId.eq(shop))
            .filter(counter::Column::MemberId.eq(member))
            .filter(counter::Column::GoodsId.eq(goods))
            .filter(counter::Column::Period.is_in(periods.clone()))
            .exec(conn)
            .await?;
    }
    Ok(())
}
