//! What marketplaces' orders do to stock. They come already sold, so they take what is there and no
//! more: the rest is the caller's to decide about. Every change is a movement with the order as its
//! cause. Works inside the caller's transaction, after everything else in it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kernel::Time;
use kernel::id::{MarketOrderId, ShopId, SkuId, StockMovementId};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entity::level;
use super::entity::movement::{self, Kind};
use super::service::{Taken, UNITS_MAX};
use super::{Level, StockError, news, statement};

/// Units of one SKU that one order takes or gives back; above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// The order.
    pub order: MarketOrderId,
    /// The SKU.
    pub sku: SkuId,
    /// Units.
    pub units: i64,
}

/// Free units of these SKUs, which nobody else changes until the caller's transaction ends. A SKU that
/// is no longer sold is not in the answer.
pub async fn lock(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    skus: &BTreeSet<SkuId>,
) -> Result<HashMap<SkuId, Level>, StockError> {
    if skus.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = level::on_sale(shop)
        .filter(level::Column::Id.is_in(skus.iter().copied()))
        .order_by_asc(level::Column::Id)
        .lock_exclusive()
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.free)).collect())
}

/// Takes units that [`lock`] has seen to be there.
///
/// # Errors
/// [`StockError::Short`] when they are not: roll back.
pub async fn take(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    moves: &[Move],
    now: Time,
) -> Result<Vec<Taken>, StockError> {
    let lines = merged(moves)?;
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let changed = statement::take(conn, shop, &lines).await?;
    news::of_changes(conn, shop, &changed, now).await?;
    let left: HashMap<SkuId, Level> = changed.iter().map(|changed| (changed.sku, changed.free)).collect();
    let taken = |(sku, quantity): (SkuId, i64)| match left.get(&sku) {
        Some(left) => Ok(Taken { sku, quantity, left: *left }),
        None => Err(StockError::Short { sku, wanted: quantity }),
    };
    let taken = lines.into_iter().map(taken).collect::<Result<Vec<_>, _>>()?;
    record(conn, shop, moves, Kind::MarketSale, now).await?;
    Ok(taken)
}

/// Gives units back that were taken before, whatever became of their SKU.
pub async fn give_back(conn: &impl ConnectionTrait, shop: ShopId, moves: &[Move], now: Time) -> Result<(), StockError> {
    let changed = statement::give_back(conn, shop, &merged(moves)?).await?;
    news::of_changes(conn, shop, &changed, now).await?;
    record(conn, shop, moves, Kind::MarketReturn, now).await
}

async fn record(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    moves: &[Move],
    kind: Kind,
    now: Time,
) -> Result<(), StockError> {
    let sign = if kind == Kind::MarketSale { -1 } else { 1 };
    let rows: Vec<_> = moves
        .iter()
        .map(|one| movement::ActiveModel {
            id: Set(StockMovementId::new()),
            shop_id: Set(shop),
            sku_id: Set(one.sku),
            delta: Set(sign * one.units),
            kind: Set(kind),
            reason: Set(String::new()),
            order_id: Set(None),
            market_order_id: Set(Some(one.order)),
            operator_id: Set(None),
            at: Set(now),
        })
        .collect();
    if !rows.is_empty() {
        movement::Entity::insert_many(rows).exec_without_returning(conn).await?;
    }
    Ok(())
}

/// Units by ascending SKU, each once: the order in which rows are locked everywhere.
fn merged(moves: &[Move]) -> Result<Vec<(SkuId, i64)>, StockError> {
    let mut by_sku = BTreeMap::<SkuId, i64>::new();
    for one in moves {
        let sum = by_sku.entry(one.sku).or_default();
        if one.units <= 0 || one.units > UNITS_MAX - *sum {
            return Err(StockError::OutOfRange(one.units, one.sku));
        }
        *sum += one.units;
    }
    Ok(by_sku.into_iter().collect())
}
