//! Writing tickets.

use kernel::Time;
use kernel::id::{RefundId, ShopId, TicketId};
use sea_orm::sea_query::Expr;
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::{ticket, ticket_line};
use super::error::TicketError;
use super::state::{TicketEvent, TicketState};
use crate::platform::db::is_unique_violation;

/// Opens a ticket with its lines; the database keeps one open ticket a line.
pub async fn open(
    conn: &impl ConnectionTrait,
    ticket: &ticket::Model,
    lines: &[ticket_line::Model],
) -> Result<(), TicketError> {
    ticket::Entity::insert(ticket::ActiveModel::from(ticket.clone())).exec_without_returning(conn).await?;
    for line in lines {
        let row = ticket_line::ActiveModel::from(line.clone());
        match ticket_line::Entity::insert(row).exec_without_returning(conn).await {
            Err(error) if is_unique_violation(&error) => return Err(TicketError::Open(line.line_id)),
            other => other?,
        };
    }
    Ok(())
}

/// Moves a ticket on by `event`; a final state frees its lines for another ticket.
pub async fn advance(
    conn: &impl ConnectionTrait,
    known: &ticket::Model,
    event: TicketEvent,
    answer: Option<&str>,
    refund: Option<RefundId>,
    now: Time,
) -> Result<ticket::Model, TicketError> {
    let wrong = |state| TicketError::WrongState { ticket: known.id, state, event };
    let next = known.state.after(event).ok_or_else(|| wrong(known.state))?;
    let mut update = ticket::Entity::update_many()
        .col_expr(ticket::Column::State, Expr::value(next))
        .col_expr(ticket::Column::UpdatedAt, Expr::value(now));
    if let Some(answer) = answer {
        update = update.col_expr(ticket::Column::Answer, Expr::value(answer));
    }
    if let Some(refund) = refund {
        update = update.col_expr(ticket::Column::RefundId, Expr::value(refund));
    }
    if next.is_final() {
        update = update.col_expr(ticket::Column::ClosedAt, Expr::value(now));
    }
    let changed = update
        .filter(ticket::Column::ShopId.eq(known.shop_id))
        .filter(ticket::Column::Id.eq(known.id))
        .filter(ticket::Column::State.eq(known.state))
        .exec_with_returning(conn)
        .await?;
    let Some(after) = changed.into_iter().next() else {
        let current = ticket::Entity::find_by_id(known.id).one(conn).await?;
        return Err(wrong(current.map_or(known.state, |ticket| ticket.state)));
    };
    if next.is_final() {
        ticket_line::Entity::update_many()
            .col_expr(ticket_line::Column::OpenLine, Expr::value(None::<kernel::id::OrderLineId>))
            .filter(ticket_line::Column::TicketId.eq(known.id))
            .exec(conn)
            .await?;
    }
    Ok(after)
}

/// A ticket of a shop.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: TicketId,
) -> Result<Option<ticket::Model>, TicketError> {
    Ok(ticket::in_shop(shop).filter(ticket::Column::Id.eq(id)).one(conn).await?)
}

/// The lines of a ticket.
pub async fn lines_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: TicketId,
) -> Result<Vec<ticket_line::Model>, TicketError> {
    Ok(ticket_line::in_shop(shop).filter(ticket_line::Column::TicketId.eq(id)).all(conn).await?)
}

/// Whether a claim for one of these lines was refused before.
pub async fn refused_before(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    line: kernel::id::OrderLineId,
) -> Result<bool, TicketError> {
    let tickets: Vec<TicketId> = ticket_line::in_shop(shop)
        .select_only()
        .column(ticket_line::Column::TicketId)
        .filter(ticket_line::Column::LineId.eq(line))
        .into_tuple()
        .all(conn)
        .await?;
    if tickets.is_empty() {
        return Ok(false);
    }
    let refused = ticket::in_shop(shop)
        .filter(ticket::Column::Id.is_in(tickets))
        .filter(ticket::Column::State.eq(TicketState::Refused))
        .order_by_asc(ticket::Column::Id)
        .one(conn)
        .await?;
    Ok(refused.is_some())
}

/// Notes which refund answers a ticket.
pub async fn set_refund(conn: &impl ConnectionTrait, id: TicketId, refund: RefundId) -> Result<(), TicketError> {
    ticket::Entity::update_many()
        .col_expr(ticket::Column::RefundId, Expr::value(refund))
        .filter(ticket::Column::Id.eq(id))
        .exec(conn)
        .await?;
    Ok(())
}
