//! After-sale tickets: a member claims, the shop decides, goods come back where they have to, and the
//! refund follows. What nobody does in time is done by the clock.

mod claim;
mod deadlines;
mod decide;
mod goods_back;
mod judge;
mod overtaken;

pub use claim::{Claim, Claimant, claim, escalate, withdraw};
pub use deadlines::deadlines_pass;
pub use decide::{Refusal, approve, refuse};
pub use goods_back::{Shipment, goods_returned, ship_back};
pub use judge::{Judge, list, one};
pub(crate) use overtaken::overtaken;

use kernel::id::{MemberId, TicketId};
use kernel::{Failure, Time};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use crate::areas::after_sales::entity::{ticket, ticket_event, ticket_line};
use crate::areas::after_sales::error::TicketError;
use crate::areas::after_sales::query;
use crate::areas::after_sales::service::{self, Change};
use crate::areas::after_sales::state::TicketEvent;
use crate::areas::orders;
use crate::areas::shops::query::Shop;

/// Who acts when the clock does.
const SYSTEM: &str = "system";

/// A ticket with its lines and its timeline.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// The ticket.
    pub ticket: ticket::Model,
    /// Its lines.
    pub lines: Vec<ticket_line::Model>,
    /// What happened to it, oldest first.
    pub events: Vec<ticket_event::Model>,
}

/// A ticket as it stands, whole.
async fn whole(conn: &impl ConnectionTrait, ticket: ticket::Model) -> Result<Ticket, Failure> {
    let lines = service::lines_of(conn, ticket.shop_id, ticket.id).await?;
    let events = query::events_of_all(conn, ticket.shop_id, &[ticket.id]).await?;
    Ok(Ticket { ticket, lines, events })
}

/// A member's own ticket.
pub async fn of_member(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    member: MemberId,
    id: TicketId,
) -> Result<Ticket, Failure> {
    let ticket = service::by_id(conn, shop.id, id).await?.filter(|ticket| ticket.member_id == member);
    whole(conn, ticket.ok_or(TicketError::NotFound(id))?).await
}

/// A ticket of the shop as it stands while its order's row is held. Whoever refunds holds that first, so
/// that a decision comes wholly before or after.
async fn held(tx: &DatabaseTransaction, shop: &Shop, id: TicketId) -> Result<ticket::Model, Failure> {
    let known = service::by_id(tx, shop.id, id).await?.ok_or(TicketError::NotFound(id))?;
    orders::progress::lock(tx, shop.id, known.order_id).await?;
    Ok(service::by_id(tx, shop.id, id).await?.ok_or(TicketError::NotFound(id))?)
}

/// The money of a ticket went back.
pub(crate) async fn refunded(tx: &DatabaseTransaction, shop: &Shop, id: TicketId, now: Time) -> Result<(), Failure> {
    // A refund that had gone wrong may arrive after all.
    refund_again(tx, shop, id, now).await?;
    follow(tx, shop, id, TicketEvent::RefundSucceeded, now).await
}

/// The refund of a ticket went wrong: an operator has to decide.
pub(crate) async fn refund_failed(
    tx: &DatabaseTransaction,
    shop: &Shop,
    id: TicketId,
    now: Time,
) -> Result<(), Failure> {
    follow(tx, shop, id, TicketEvent::RefundFailed, now).await
}

/// The refund of a ticket goes out again.
pub(crate) async fn refund_again(
    tx: &DatabaseTransaction,
    shop: &Shop,
    id: TicketId,
    now: Time,
) -> Result<(), Failure> {
    follow(tx, shop, id, TicketEvent::RefundStarted, now).await
}

/// Moves the ticket of a refund along where it can follow.
async fn follow(
    tx: &DatabaseTransaction,
    shop: &Shop,
    id: TicketId,
    event: TicketEvent,
    now: Time,
) -> Result<(), Failure> {
    let ticket = service::by_id(tx, shop.id, id).await?;
    if let Some(ticket) = ticket.filter(|ticket| ticket.state.after(event).is_some()) {
        service::advance(tx, &ticket, event, &Change::by(SYSTEM), now).await?;
    }
    Ok(())
}
