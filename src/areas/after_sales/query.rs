//! Reading tickets.

use std::collections::HashSet;

use kernel::Failure;
use kernel::id::{OrderId, OrderLineId, ShopId, TicketId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use sea_orm::{Condition, QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::{ticket, ticket_event, ticket_line};
use super::error::TicketError;

/// The tickets of a shop that are `wanted`, newest first.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    wanted: Condition,
    page: &PageRequest,
) -> Result<Page<ticket::Model>, Failure> {
    let mut select = ticket::in_shop(shop).filter(wanted).order_by_desc(ticket::Column::Id).limit(page.limit + 1);
    if let Some(cursor) = &page.cursor {
        select = select.filter(ticket::Column::Id.lt(decode_cursor::<TicketId>(cursor)?));
    }
    let rows = select.all(conn).await.map_err(TicketError::Db)?;
    Ok(Page::cut(rows, page.limit, |row| encode_cursor(&row.id)))
}

/// The tickets of an order, oldest first.
pub async fn of_order(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    order: OrderId,
) -> Result<Vec<ticket::Model>, TicketError> {
    let tickets = ticket::in_shop(shop).filter(ticket::Column::OrderId.eq(order));
    Ok(tickets.order_by_asc(ticket::Column::Id).all(conn).await?)
}

/// The lines of several tickets.
pub async fn lines_of_all(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    ids: &[TicketId],
) -> Result<Vec<ticket_line::Model>, TicketError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(ticket_line::in_shop(shop).filter(ticket_line::Column::TicketId.is_in(ids.iter().copied())).all(conn).await?)
}

/// The timelines of several tickets, oldest first.
pub async fn events_of_all(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    ids: &[TicketId],
) -> Result<Vec<ticket_event::Model>, TicketError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let events = ticket_event::in_shop(shop).filter(ticket_event::Column::TicketId.is_in(ids.iter().copied()));
    Ok(events.order_by_asc(ticket_event::Column::Id).all(conn).await?)
}

/// Which of these lines, of any shop, have an open ticket.
pub async fn open_among(conn: &impl ConnectionTrait, lines: &[OrderLineId]) -> Result<HashSet<OrderLineId>, DbErr> {
    if lines.is_empty() {
        return Ok(HashSet::new());
    }
    let open: Vec<OrderLineId> = ticket_line::Entity::find()
        .select_only()
        .column(ticket_line::Column::LineId)
        .filter(ticket_line::Column::OpenLine.is_in(lines.iter().copied()))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(open.into_iter().collect())
}
