//! What orders do to stock: reserve, deduct, release, restock. Everything here works inside
//! the caller's transaction, and by the house's order of locks it comes last in it.

use std::collections::BTreeMap;

use kernel::Time;
use kernel::id::{HoldId, OperatorId, OrderId, ShopId, SkuId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::entity::movement::Kind;
use super::entity::{hold, level};
use super::state::HoldState;
use super::{Level, StockError, movements, news, statement};

/// Most units of one SKU. Far above any shop, and far below where Lua's numbers stop being exact.
pub const UNITS_MAX: i64 = 1_000_000_000_000;

/// What an order took of one SKU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The SKU.
    pub sku: SkuId,
    /// Units.
    pub quantity: i64,
    /// Units the SKU has left; `None` is unlimited.
    pub left: Level,
}

impl Taken {
    /// Whether this taking is the one that brought the SKU down to `threshold` or below it.
    pub fn crosses(&self, threshold: i64) -> bool {
        self.left.is_some_and(|left| left <= threshold && left + self.quantity > threshold)
    }
}

/// Sets the units of every line aside for an unpaid order until `until`, or fails and leaves it to
/// the caller to roll back. A SKU may stand in several lines.
///
/// Two statements for counted SKUs, one more when an unlimited one is among them, whose row is
/// only read, so that its buyers do not queue.
///
/// # Errors
/// [`StockError::Short`] names the first SKU, by ascending id, that has too few units or is no
/// longer sold. A second call for the same order fails on the holds' unique key.
pub async fn reserve(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    order: OrderId,
    lines: &[(SkuId, i64)],
    until: Time,
    now: Time,
) -> Result<Vec<Taken>, StockError> {
    let taken = take(conn, shop, lines, now).await?;
    write_holds(conn, shop, order, &taken, HoldState::Held, until, now).await?;
    Ok(taken)
}

/// Takes the units for an order that is paid already and holds none. One whose holds ended
/// before cannot take its units again: their unique key refuses it.
///
/// # Errors
/// As [`reserve`]; some units may have been taken then, so the caller rolls back.
pub async fn sell(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    order: OrderId,
    lines: &[(SkuId, i64)],
    now: Time,
) -> Result<Vec<Taken>, StockError> {
    let taken = take(conn, shop, lines, now).await?;
    write_holds(conn, shop, order, &taken, HoldState::Deducted, now, now).await?;
    Ok(taken)
}

/// Makes an order's holds sold, at payment; `free` does not move. Returns how many holds changed:
/// none when they were deducted or released before.
pub async fn deduct(conn: &impl ConnectionTrait, shop: ShopId, order: OrderId, now: Time) -> Result<u64, StockError> {
    let changed = hold::Entity::update_many()
        .col_expr(hold::Column::State, Expr::value(HoldState::Deducted))
        .col_expr(hold::Column::SettledAt, Expr::value(now))
        .filter(held_by(shop, order))
        .exec(conn)
        .await?;
    Ok(changed.rows_affected)
}

/// Gives an unpaid order's units back, once: a repeat, or a release of a paid order, does nothing.
/// Returns what went back, for the gate to follow after the commit.
pub async fn release(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    order: OrderId,
    now: Time,
) -> Result<Vec<(SkuId, i64)>, StockError> {
    let released = hold::Entity::update_many()
        .col_expr(hold::Column::State, Expr::value(HoldState::Released))
        .col_expr(hold::Column::SettledAt, Expr::value(now))
        .filter(held_by(shop, order))
        .exec_with_returning(conn)
        .await?;
    let counted = released.iter().filter(|hold| !hold.unlimited);
    let mut back: Vec<_> = counted.map(|hold| (hold.sku_id, hold.quantity)).collect();
    back.sort_unstable();
    news::of_changes(conn, shop, &statement::give_back(conn, shop, &back).await?, now).await?;
    Ok(back)
}

/// Puts units of a paid order back on sale, for a refund before shipping. Each goes back at most
/// once, however many refunds there are. Returns what went back, for the gate to follow.
///
/// # Errors
/// [`StockError::NothingLeft`] when more would go back than the order took of a SKU.
pub async fn restock(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    order: OrderId,
    lines: &[(SkuId, i64)],
    reason: &str,
    operator: Option<OperatorId>,
    now: Time,
) -> Result<Vec<(SkuId, i64)>, StockError> {
    let mut back = Vec::new();
    for (sku, units) in merged(lines)? {
        let changed = hold::Entity::update_many()
            .col_expr(hold::Column::Returned, Expr::col(hold::Column::Returned).add(units))
            .filter(hold::Column::ShopId.eq(shop))
            .filter(hold::Column::OrderId.eq(order))
            .filter(hold::Column::SkuId.eq(sku))
            .filter(hold::Column::State.eq(HoldState::Deducted))
            .filter(Expr::col(hold::Column::Returned).add(units).lte(Expr::col(hold::Column::Quantity)))
            .exec_with_returning(conn)
            .await?;
        let hold = changed.first().ok_or(StockError::NothingLeft { order, sku })?;
        if !hold.unlimited {
            back.push((sku, units));
        }
    }
    news::of_changes(conn, shop, &statement::give_back(conn, shop, &back).await?, now).await?;
    let cause = movements::Cause { kind: Kind::Restock, reason, order: Some(order), operator };
    movements::record(conn, shop, &back, cause, now).await?;
    Ok(back)
}

/// The lines by ascending SKU, each once: the order in which rows are locked everywhere.
fn merged(lines: &[(SkuId, i64)]) -> Result<Vec<(SkuId, i64)>, StockError> {
    let mut by_sku = BTreeMap::<SkuId, i64>::new();
    for (sku, units) in lines {
        let sum = by_sku.entry(*sku).or_default();
        if *units <= 0 || *units > UNITS_MAX - *sum {
            return Err(StockError::OutOfRange(*units, *sku));
        }
        *sum += units;
    }
    Ok(by_sku.into_iter().collect())
}

async fn take(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    lines: &[(SkuId, i64)],
    now: Time,
) -> Result<Vec<Taken>, StockError> {
    let lines = merged(lines)?;
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let changed = statement::take(conn, shop, &lines).await?;
    news::of_changes(conn, shop, &changed, now).await?;
    let mut left: BTreeMap<SkuId, Level> = changed.iter().map(|changed| (changed.sku, changed.free)).collect();
    if left.len() < lines.len() {
        let others = lines.iter().map(|(sku, _)| *sku).filter(|sku| !left.contains_key(sku));
        let unlimited = level::on_sale(shop)
            .filter(level::Column::Id.is_in(others))
            .filter(level::Column::Free.is_null())
            .all(conn)
            .await?;
        left.extend(unlimited.into_iter().map(|row| (row.id, None)));
    }
    let taken = |(sku, quantity): (SkuId, i64)| {
        let left = left.get(&sku).copied().ok_or(StockError::Short { sku, wanted: quantity })?;
        Ok(Taken { sku, quantity, left })
    };
    lines.into_iter().map(taken).collect()
}

async fn write_holds(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    order: OrderId,
    taken: &[Taken],
    state: HoldState,
    until: Time,
    now: Time,
) -> Result<(), StockError> {
    if taken.is_empty() {
        return Ok(());
    }
    let rows = taken.iter().map(|taken| hold::ActiveModel {
        id: Set(HoldId::new()),
        shop_id: Set(shop),
        order_id: Set(order),
        sku_id: Set(taken.sku),
        quantity: Set(taken.quantity),
        returned: Set(0),
        unlimited: Set(taken.left.is_none()),
        state: Set(state),
        until: Set(until),
        created_at: Set(now),
        settled_at: Set(state.is_final().then_some(now)),
    });
    hold::Entity::insert_many(rows).exec_without_returning(conn).await?;
    Ok(())
}

fn held_by(shop: ShopId, order: OrderId) -> sea_orm::Condition {
    sea_orm::Condition::all()
        .add(hold::Column::ShopId.eq(shop))
        .add(hold::Column::OrderId.eq(order))
        .add(hold::Column::State.eq(HoldState::Held))
}
