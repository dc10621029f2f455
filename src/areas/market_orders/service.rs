//! Writing orders and lines. A page is a handful of statements, however many orders it has; whoever
//! writes an order or its lines holds the order's row.

use kernel::Time;
use kernel::id::{MarketOrderEventId, MarketOrderId, ShopId};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, IntoActiveModel, Iterable, entity::prelude::*};
use serde_json::Value;

use super::entity::{event, line, order};
use super::error::MarketOrderError;
use super::state::EventKind;

/// Rows of one statement: databases bound its parameters.
const ROWS: usize = 200;

/// Writes orders, new or again.
pub async fn put_orders(conn: &impl ConnectionTrait, orders: &[order::Model]) -> Result<(), MarketOrderError> {
    let kept = [order::Column::Id, order::Column::ShopId, order::Column::StoreId, order::Column::CreatedAt];
    for some in orders.chunks(ROWS) {
        let mut again = OnConflict::column(order::Column::Id);
        again.update_columns(order::Column::iter().filter(|column| !kept.iter().any(|k| same(k, column))));
        let rows = some.iter().map(|row| row.clone().into_active_model().reset_all());
        order::Entity::insert_many(rows).on_conflict(again).exec_without_returning(conn).await?;
    }
    Ok(())
}

/// Writes lines, new or again.
pub async fn put_lines(conn: &impl ConnectionTrait, lines: &[line::Model]) -> Result<(), MarketOrderError> {
    let kept = [line::Column::Id, line::Column::ShopId, line::Column::OrderId, line::Column::CreatedAt];
    for some in lines.chunks(ROWS) {
        let mut again = OnConflict::column(line::Column::Id);
        again.update_columns(line::Column::iter().filter(|column| !kept.iter().any(|k| same(k, column))));
        let rows = some.iter().map(|row| row.clone().into_active_model().reset_all());
        line::Entity::insert_many(rows).on_conflict(again).exec_without_returning(conn).await?;
    }
    Ok(())
}

fn same<C: sea_orm::IdenStatic>(one: &C, other: &C) -> bool {
    one.as_str() == other.as_str()
}

/// One entry of a timeline.
#[derive(Clone, Debug)]
pub struct Noted {
    /// Of which order.
    pub order: MarketOrderId,
    /// What happened.
    pub kind: EventKind,
    /// Who: `platform`, `system` or `operator:…`.
    pub actor: String,
    /// The facts.
    pub detail: Value,
}

/// Writes entries of timelines.
pub async fn note(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    entries: &[Noted],
    now: Time,
) -> Result<(), MarketOrderError> {
    for some in entries.chunks(ROWS) {
        let rows = some.iter().map(|one| event::ActiveModel {
            id: Set(MarketOrderEventId::new()),
            shop_id: Set(shop),
            order_id: Set(one.order),
            kind: Set(one.kind),
            actor: Set(one.actor.clone()),
            detail: Set(one.detail.clone()),
            at: Set(now),
        });
        event::Entity::insert_many(rows).exec_without_returning(conn).await?;
    }
    Ok(())
}

/// Notes that orders were read and said nothing new.
pub async fn touch(conn: &impl ConnectionTrait, orders: &[MarketOrderId], now: Time) -> Result<(), MarketOrderError> {
    for some in orders.chunks(ROWS) {
        order::Entity::update_many()
            .col_expr(order::Column::ReadAt, Expr::value(now))
            .filter(order::Column::Id.is_in(some.iter().copied()))
            .exec(conn)
            .await?;
    }
    Ok(())
}

/// Forgets the receivers of orders; says of how many it knew one.
pub async fn erase_receivers(
    conn: &impl ConnectionTrait,
    orders: &[MarketOrderId],
    now: Time,
) -> Result<u64, MarketOrderError> {
    if orders.is_empty() {
        return Ok(0);
    }
    let done = order::Entity::update_many()
        .col_expr(order::Column::Receiver, Expr::value(serde_json::json!({})))
        .col_expr(order::Column::SealedReceiver, Expr::value(None::<String>))
        .col_expr(order::Column::Buyer, Expr::value(None::<String>))
        .col_expr(order::Column::BuyerNote, Expr::value(None::<String>))
        .col_expr(order::Column::ReceiverErasedAt, Expr::value(now))
        .filter(order::Column::Id.is_in(orders.iter().copied()))
        .filter(order::Column::ReceiverErasedAt.is_null())
        .exec(conn)
        .await?;
    Ok(done.rows_affected)
}

/// Where the receiver of `order` is sealed for.
pub fn receiver_place(order: MarketOrderId) -> String {
    format!("market_orders.receiver:{order}")
}
