//! Writing tickets.

use kernel::id::{OrderLineId, RefundId, ShopId, TicketEventId, TicketId};
use kernel::{Fen, Time};
use sea_orm::sea_query::Expr;
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::{ticket, ticket_event, ticket_line};
use super::error::TicketError;
use super::state::{TicketEvent, TicketState};
use crate::platform::db::is_unique_violation;

/// Opens a ticket with its lines; the database keeps one open ticket a line.
pub async fn open(
    conn: &impl ConnectionTrait,
    ticket: &ticket::Model,
    lines: &[ticket_line::Model],
    actor: &str,
) -> Result<(), TicketError> {
    ticket::Entity::insert(ticket::ActiveModel::from(ticket.clone())).exec_without_returning(conn).await?;
    for line in lines {
        let row = ticket_line::ActiveModel::from(line.clone());
        match ticket_line::Entity::insert(row).exec_without_returning(conn).await {
            Err(error) if is_unique_violation(&error) => return Err(TicketError::Open(line.line_id)),
            other => other?,
        };
    }
    note(conn, ticket, "asked", actor, Some(&ticket.reason), ticket.created_at).await
}

/// What a change of a ticket notes beside its state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Change<'a> {
    /// `member:…`, `leader:…`, `operator:…` or `system`.
    pub actor: &'a str,
    /// For the member.
    pub answer: Option<&'a str>,
    /// Pictures beside the answer.
    pub photos: &'a [String],
    /// Until when the new state waits.
    pub deadline: Option<Time>,
}

impl<'a> Change<'a> {
    /// A change that says who made it, and no more.
    pub fn by(actor: &'a str) -> Self {
        Self { actor, ..Self::default() }
    }
}

/// Moves a ticket on by `event`. A closed one frees its lines for another ticket; one that is taken up
/// again takes them back, as far as no other has them.
pub async fn advance(
    conn: &impl ConnectionTrait,
    known: &ticket::Model,
    event: TicketEvent,
    change: &Change<'_>,
    now: Time,
) -> Result<ticket::Model, TicketError> {
    let wrong = |state| TicketError::WrongState { ticket: known.id, state, event };
    let next = known.state.after(event).ok_or_else(|| wrong(known.state))?;
    let mut update = ticket::Entity::update_many()
        .col_expr(ticket::Column::State, Expr::value(next))
        .col_expr(ticket::Column::DeadlineAt, Expr::value(change.deadline))
        .col_expr(ticket::Column::ClosedAt, Expr::value(next.is_closed().then_some(now)))
        .col_expr(ticket::Column::UpdatedAt, Expr::value(now));
    if let Some(answer) = change.answer {
        update = update
            .col_expr(ticket::Column::Answer, Expr::value(answer))
            .col_expr(ticket::Column::AnswerPhotos, Expr::value(Json::from(change.photos.to_vec())));
    }
    if event == TicketEvent::Escalated {
        update = update.col_expr(ticket::Column::EscalatedAt, Expr::value(now));
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
    match (known.state.is_closed(), next.is_closed()) {
        (false, true) => hold_lines(conn, known.id, false).await?,
        (true, false) => take_lines_back(conn, known).await?,
        _ => {}
    }
    note(conn, &after, &kernel::words::wire(&event), change.actor, change.answer, now).await?;
    Ok(after)
}

async fn hold_lines(conn: &impl ConnectionTrait, id: TicketId, hold: bool) -> Result<(), DbErr> {
    use ticket_line::Column as C;
    let value = if hold { Expr::col(C::LineId) } else { Expr::value(None::<OrderLineId>) };
    ticket_line::Entity::update_many().col_expr(C::OpenLine, value).filter(C::TicketId.eq(id)).exec(conn).await?;
    Ok(())
}

async fn take_lines_back(conn: &impl ConnectionTrait, ticket: &ticket::Model) -> Result<(), TicketError> {
    // Asked before, because a broken uniqueness ends the whole transaction on one of the databases.
    for line in lines_of(conn, ticket.shop_id, ticket.id).await? {
        let other = ticket_line::in_shop(ticket.shop_id).filter(ticket_line::Column::OpenLine.eq(line.line_id));
        if other.one(conn).await?.is_some() {
            return Err(TicketError::Open(line.line_id));
        }
    }
    Ok(hold_lines(conn, ticket.id, true).await?)
}

/// Writes an entry of a ticket's timeline.
pub async fn note(
    conn: &impl ConnectionTrait,
    ticket: &ticket::Model,
    what: &str,
    actor: &str,
    note: Option<&str>,
    now: Time,
) -> Result<(), TicketError> {
    let row = ticket_event::Model {
        id: TicketEventId::new(),
        shop_id: ticket.shop_id,
        ticket_id: ticket.id,
        what: what.to_owned(),
        state: ticket.state,
        actor: actor.to_owned(),
        note: note.map(str::to_owned),
        at: now,
    };
    ticket_event::Entity::insert(ticket_event::ActiveModel::from(row)).exec_without_returning(conn).await?;
    Ok(())
}

/// Keeps how the goods come back, also a correction; from then on the ticket waits for them until
/// `deadline`.
pub async fn return_shipped(
    conn: &impl ConnectionTrait,
    known: &ticket::Model,
    (carrier, tracking_no): (&str, &str),
    deadline: Time,
    now: Time,
) -> Result<ticket::Model, TicketError> {
    let wrong = |state| TicketError::WrongState { ticket: known.id, state, event: TicketEvent::GoodsReturned };
    let changed = ticket::Entity::update_many()
        .col_expr(ticket::Column::Carrier, Expr::value(carrier))
        .col_expr(ticket::Column::TrackingNo, Expr::value(tracking_no))
        .col_expr(ticket::Column::ReturnShippedAt, Expr::value(known.return_shipped_at.unwrap_or(now)))
        .col_expr(ticket::Column::DeadlineAt, Expr::value(deadline))
        .col_expr(ticket::Column::UpdatedAt, Expr::value(now))
        .filter(ticket::Column::ShopId.eq(known.shop_id))
        .filter(ticket::Column::Id.eq(known.id))
        .filter(ticket::Column::State.eq(TicketState::AwaitingReturn))
        .exec_with_returning(conn)
        .await?;
    changed.into_iter().next().ok_or_else(|| wrong(known.state))
}

/// Puts a deadline off whose work could not be done.
pub async fn put_off(conn: &impl ConnectionTrait, known: &ticket::Model, until: Time) -> Result<(), TicketError> {
    ticket::Entity::update_many()
        .col_expr(ticket::Column::DeadlineAt, Expr::value(until))
        .filter(ticket::Column::Id.eq(known.id))
        .filter(ticket::Column::State.eq(known.state))
        .filter(ticket::Column::DeadlineAt.eq(known.deadline_at))
        .exec(conn)
        .await?;
    Ok(())
}

/// The tickets of every shop whose deadline has passed at `now`, the most urgent first.
pub async fn overdue(conn: &impl ConnectionTrait, now: Time, limit: u64) -> Result<Vec<ticket::Model>, TicketError> {
    Ok(ticket::Entity::find()
        .filter(ticket::Column::DeadlineAt.lte(now))
        .order_by_asc(ticket::Column::DeadlineAt)
        .limit(limit)
        .all(conn)
        .await?)
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

/// Writes that less of a line is granted than was claimed.
pub async fn cut_down(
    conn: &impl ConnectionTrait,
    claimed: &ticket_line::Model,
    quantity: i64,
    amount: Fen,
) -> Result<(), TicketError> {
    use ticket_line::Column as C;
    ticket_line::Entity::update_many()
        .col_expr(C::Quantity, Expr::value(quantity))
        .col_expr(C::AmountFen, Expr::value(amount))
        .filter(C::TicketId.eq(claimed.ticket_id))
        .filter(C::LineId.eq(claimed.line_id))
        .exec(conn)
        .await?;
    Ok(())
}

/// Whether a claim for one of these lines was refused before.
pub async fn refused_before(conn: &impl ConnectionTrait, shop: ShopId, line: OrderLineId) -> Result<bool, TicketError> {
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
