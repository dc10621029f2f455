//! Writing delivery lists.

use kernel::Time;
use kernel::id::{DeliveryListId, LeaderId, OrderId, OrderLineId, ShopId, SkuId};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, OnConflict};

use super::entity::{delivery_line, list};
use super::error::DeliveryError;
use super::query;
use super::state::{ListEvent, ListState};

/// How many rows one statement writes.
const ROWS_A_STATEMENT: usize = 500;

/// An order line that is to travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// The line.
    pub line: OrderLineId,
    /// Its order.
    pub order: OrderId,
    /// What it is.
    pub sku: SkuId,
    /// Units that travel.
    pub quantity: i64,
}

/// Opens a list for a leader with these lines and says how many of them it got.
///
/// A line that is on another open list already stays there: the database keeps a line on one open
/// list, and of two operators at once the first gets it.
pub async fn open(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    leader: LeaderId,
    until: Time,
    items: &[Item],
    now: Time,
) -> Result<(list::Model, u64), DeliveryError> {
    let list = list::Model {
        id: DeliveryListId::new(),
        shop_id: shop,
        leader_id: leader,
        state: ListState::New,
        until,
        created_at: now,
        departed_at: None,
        delivered_at: None,
        received_at: None,
        note: None,
    };
    list::Entity::insert(list::ActiveModel::from(list.clone())).exec_without_returning(conn).await?;
    let row = |item: &Item| {
        delivery_line::ActiveModel::from(delivery_line::Model {
            list_id: list.id,
            line_id: item.line,
            shop_id: shop,
            order_id: item.order,
            sku_id: item.sku,
            quantity: item.quantity,
            short: 0,
            open_line: Some(item.line),
        })
    };
    let mut added = 0;
    for items in items.chunks(ROWS_A_STATEMENT) {
        added += delivery_line::Entity::insert_many(items.iter().map(row))
            .on_conflict(OnConflict::column(delivery_line::Column::OpenLine).do_nothing().to_owned())
            .exec_without_returning(conn)
            .await?;
    }
    Ok((list, added))
}

/// Moves a list on by `event`, compare-and-set, and returns it as it now stands.
pub async fn advance(
    conn: &impl ConnectionTrait,
    list: list::Model,
    event: ListEvent,
    now: Time,
) -> Result<list::Model, DeliveryError> {
    let wrong = || DeliveryError::WrongState { list: list.id, state: list.state };
    let next = list.state.after(event).ok_or_else(wrong)?;
    let stamp = match event {
        ListEvent::Departed => list::Column::DepartedAt,
        ListEvent::Delivered => list::Column::DeliveredAt,
    };
    let changed = list::Entity::update_many()
        .col_expr(list::Column::State, Expr::value(next))
        .col_expr(stamp, Expr::value(now))
        .filter(list::Column::ShopId.eq(list.shop_id))
        .filter(list::Column::Id.eq(list.id))
        .filter(list::Column::State.eq(list.state))
        .exec(conn)
        .await?
        .rows_affected;
    if changed == 0 {
        return Err(wrong());
    }
    query::by_id(conn, list.shop_id, list.id).await
}

/// Sets how many units of a line travel, as it is printed.
pub async fn set_quantity(
    conn: &impl ConnectionTrait,
    line: &delivery_line::Model,
    quantity: i64,
) -> Result<(), DeliveryError> {
    of_line(conn, line, delivery_line::Column::Quantity, quantity).await
}

/// Notes how many units of a line did not arrive.
pub async fn set_short(
    conn: &impl ConnectionTrait,
    line: &delivery_line::Model,
    units: i64,
) -> Result<(), DeliveryError> {
    of_line(conn, line, delivery_line::Column::Short, units).await
}

async fn of_line(
    conn: &impl ConnectionTrait,
    line: &delivery_line::Model,
    column: delivery_line::Column,
    units: i64,
) -> Result<(), DeliveryError> {
    delivery_line::Entity::update_many()
        .col_expr(column, Expr::value(units))
        .filter(delivery_line::Column::ShopId.eq(line.shop_id))
        .filter(delivery_line::Column::ListId.eq(line.list_id))
        .filter(delivery_line::Column::LineId.eq(line.line_id))
        .exec(conn)
        .await?;
    Ok(())
}

/// Takes lines off a list: everything of them was refunded before it left.
pub async fn drop_lines(
    conn: &impl ConnectionTrait,
    list: &list::Model,
    lines: &[OrderLineId],
) -> Result<(), DeliveryError> {
    if lines.is_empty() {
        return Ok(());
    }
    delivery_line::Entity::delete_many()
        .filter(delivery_line::Column::ShopId.eq(list.shop_id))
        .filter(delivery_line::Column::ListId.eq(list.id))
        .filter(delivery_line::Column::LineId.is_in(lines.iter().copied()))
        .exec(conn)
        .await?;
    Ok(())
}

/// Frees the lines of a delivered list, so that what was missing can travel again.
pub async fn free_lines(conn: &impl ConnectionTrait, list: &list::Model) -> Result<(), DeliveryError> {
    delivery_line::Entity::update_many()
        .col_expr(delivery_line::Column::OpenLine, Expr::value(None::<OrderLineId>))
        .filter(delivery_line::Column::ShopId.eq(list.shop_id))
        .filter(delivery_line::Column::ListId.eq(list.id))
        .exec(conn)
        .await?;
    Ok(())
}

/// Notes that the leader signed, with his words; the first signature stays.
pub async fn sign(
    conn: &impl ConnectionTrait,
    list: &list::Model,
    note: Option<&str>,
    now: Time,
) -> Result<(), DeliveryError> {
    list::Entity::update_many()
        .col_expr(list::Column::ReceivedAt, Expr::value(now))
        .col_expr(list::Column::Note, Expr::value(note.map(str::to_owned)))
        .filter(list::Column::ShopId.eq(list.shop_id))
        .filter(list::Column::Id.eq(list.id))
        .filter(list::Column::ReceivedAt.is_null())
        .exec(conn)
        .await?;
    Ok(())
}
