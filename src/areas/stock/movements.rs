//! What the console does to stock. Every change is a movement row beside a conditional update, so
//! that free + held + sold always equals what the movements brought in.

use kernel::Time;
use kernel::id::{OperatorId, OrderId, ShopId, SkuId, StockMovementId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::entity::level;
use super::entity::movement::{self, Kind};
use super::service::UNITS_MAX;
use super::{Level, StockError, news, query};

/// Rows of one `INSERT`: both databases bound the parameters of a statement.
const ROWS_MAX: usize = 1_000;

/// Why stock moves, for the movement's row.
pub(super) struct Cause<'a> {
    pub kind: Kind,
    pub reason: &'a str,
    pub order: Option<OrderId>,
    pub operator: Option<OperatorId>,
}

/// Moves a SKU's free units by `delta` and returns what it has then.
///
/// # Errors
/// [`StockError::Negative`] below zero, [`StockError::Unlimited`] without a count,
/// [`StockError::OutOfRange`] beyond [`UNITS_MAX`], [`StockError::SkuNotFound`].
pub async fn adjust(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    sku: SkuId,
    delta: i64,
    reason: &str,
    operator: Option<OperatorId>,
    now: Time,
) -> Result<i64, StockError> {
    if delta == 0 || delta.checked_abs().is_none_or(|units| units > UNITS_MAX) {
        return Err(StockError::OutOfRange(delta, sku));
    }
    let changed = level::Entity::update_many()
        .col_expr(level::Column::Free, Expr::col(level::Column::Free).add(delta))
        .filter(level::Column::Id.eq(sku))
        .filter(level::Column::ShopId.eq(shop))
        .filter(level::Column::RemovedAt.is_null())
        .filter(level::Column::Free.gte(-delta))
        .filter(level::Column::Free.lte(UNITS_MAX - delta))
        .exec_with_returning(conn)
        .await?;
    let Some(free) = changed.first().and_then(|row| row.free) else {
        let row = level::on_sale(shop).filter(level::Column::Id.eq(sku)).one(conn).await?;
        return Err(match row.ok_or(StockError::SkuNotFound(sku))?.free {
            None => StockError::Unlimited(sku),
            Some(_) if delta < 0 => StockError::Negative { sku, taken: -delta },
            Some(_) => StockError::OutOfRange(delta, sku),
        });
    };
    let cause = Cause { kind: Kind::Correction, reason, order: None, operator };
    record(conn, shop, &[(sku, delta)], cause, now).await?;
    news::of_sku(conn, shop, sku, now).await?;
    Ok(free)
}

/// Records the first count of SKUs just made; unlimited ones have none and need no row.
pub async fn open(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    levels: &[(SkuId, Level)],
    operator: Option<OperatorId>,
    now: Time,
) -> Result<(), StockError> {
    let counted: Vec<_> = levels.iter().filter_map(|(sku, level)| Some((*sku, (*level)?))).collect();
    let cause = Cause { kind: Kind::Initial, reason: "", order: None, operator };
    record(conn, shop, &counted, cause, now).await
}

/// Ends the counting of a SKU, or begins it again with `level` units free beside those that orders
/// hold. A SKU that is counted already is moved with [`adjust`], never overwritten.
///
/// # Errors
/// [`StockError::OutOfRange`] for a negative or absurd count, and for a SKU that already is what
/// it should become; [`StockError::SkuNotFound`].
pub async fn set_level(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    sku: SkuId,
    level: Level,
    reason: &str,
    operator: Option<OperatorId>,
    now: Time,
) -> Result<(), StockError> {
    let units = level.unwrap_or(0);
    if !(0..=UNITS_MAX).contains(&units) {
        return Err(StockError::OutOfRange(units, sku));
    }
    let is_other = match level {
        Some(_) => level::Column::Free.is_null(),
        None => level::Column::Free.is_not_null(),
    };
    let changed = level::Entity::update_many()
        .col_expr(level::Column::Free, Expr::value(level))
        .filter(level::Column::Id.eq(sku))
        .filter(level::Column::ShopId.eq(shop))
        .filter(level::Column::RemovedAt.is_null())
        .filter(is_other)
        .exec(conn)
        .await?;
    if changed.rows_affected == 0 {
        let row = level::on_sale(shop).filter(level::Column::Id.eq(sku)).one(conn).await?;
        return Err(row.map_or(StockError::SkuNotFound(sku), |_| StockError::OutOfRange(units, sku)));
    }
    // While nobody counted, holds came and went; the row brings the books to what is so now.
    let gap = query::balance(conn, shop, sku).await?;
    let cause = Cause { kind: Kind::Initial, reason, order: None, operator };
    record(conn, shop, &[(sku, gap)], cause, now).await?;
    news::of_sku(conn, shop, sku, now).await
}

/// Writes a movement for each SKU and the units that came (or, negative, went).
pub(super) async fn record(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    moved: &[(SkuId, i64)],
    cause: Cause<'_>,
    now: Time,
) -> Result<(), StockError> {
    let rows: Vec<_> = moved
        .iter()
        .filter(|(_, delta)| *delta != 0)
        .map(|(sku, delta)| movement::ActiveModel {
            id: Set(StockMovementId::new()),
            shop_id: Set(shop),
            sku_id: Set(*sku),
            delta: Set(*delta),
            kind: Set(cause.kind),
            reason: Set(cause.reason.to_owned()),
            order_id: Set(cause.order),
            market_order_id: Set(None),
            operator_id: Set(cause.operator),
            at: Set(now),
        })
        .collect();
    for some in rows.chunks(ROWS_MAX) {
        movement::Entity::insert_many(some.to_vec()).exec_without_returning(conn).await?;
    }
    Ok(())
}
