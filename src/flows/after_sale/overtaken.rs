//! Claims that another refund has overtaken: what is left is granted, and where nothing is left the
//! claim ends by itself.

use std::cmp::min;

use kernel::id::{OrderId, TicketId};
use kernel::{Failure, Fen, Time};
use sea_orm::DatabaseTransaction;

use super::SYSTEM;
use super::decide::{Decider, decided};
use crate::app::App;
use crate::areas::after_sales::entity::{ticket, ticket_line};
use crate::areas::after_sales::error::TicketError;
use crate::areas::after_sales::query;
use crate::areas::after_sales::service::{self, Change};
use crate::areas::after_sales::state::TicketEvent;
use crate::areas::orders;
use crate::areas::orders::entity::line;
use crate::areas::shops::query::Shop;
use crate::flows::refund::{self, Part, RefundError};

/// What the member reads of a claim that ends by itself.
const REFUNDED_ALREADY: &str = "商品已退款，售后申请自动结束";

/// A refund was made: claims of its order of which nothing is left end, all but `own`, which it answers.
/// The order's row is held.
pub(crate) async fn overtaken(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    (order, own): (OrderId, Option<TicketId>),
    now: Time,
) -> Result<(), Failure> {
    for ticket in query::of_order(tx, shop.id, order).await? {
        if Some(ticket.id) != own {
            end_if_overtaken(app, tx, shop, &ticket, now).await?;
        }
    }
    Ok(())
}

/// Ends a ticket that waits for somebody while nothing of its lines is left; says whether it does no
/// longer wait. Of one whose refund was made the units are gone by itself, and it goes on.
pub(super) async fn end_if_overtaken(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    ticket: &ticket::Model,
    now: Time,
) -> Result<bool, Failure> {
    let event = TicketEvent::Withdrawn;
    if ticket.state.after(event).is_none() {
        return Ok(false);
    }
    let lines = orders::query::lines_of(tx, shop.id, ticket.order_id).await?;
    if anything_left(&service::lines_of(tx, shop.id, ticket.id).await?, &lines) {
        return Ok(false);
    }
    let change = Change { answer: Some(REFUNDED_ALREADY), ..Change::by(SYSTEM) };
    match service::advance(tx, ticket, event, &change, now).await {
        Ok(after) => decided(app, tx, after, Decider::Rule, "after_sale.overtaken").await.map(|_| true),
        // The member gave it up in the same moment.
        Err(TicketError::WrongState { .. }) => Ok(true),
        Err(failure) => Err(failure.into()),
    }
}

/// Whether units of the claimed lines were not refunded yet.
pub(super) fn anything_left(claimed: &[ticket_line::Model], lines: &[line::Model]) -> bool {
    let is_claimed = |line: &&line::Model| claimed.iter().any(|claimed| claimed.line_id == line.id);
    lines.iter().filter(is_claimed).any(|line| !line.is_gone())
}

/// What a granted claim gives back: what it asks for, as far as it is left. A claim for more is cut
/// down and says so.
pub(super) async fn parts_left(
    tx: &DatabaseTransaction,
    shop: &Shop,
    ticket: &ticket::Model,
    actor: &str,
    now: Time,
) -> Result<Vec<Part>, Failure> {
    let lines = orders::query::lines_of(tx, shop.id, ticket.order_id).await?;
    let mut parts = Vec::new();
    let (mut asked, mut given) = (0, 0);
    for claimed in service::lines_of(tx, shop.id, ticket.id).await? {
        let line = lines.iter().find(|line| line.id == claimed.line_id);
        let line = line.ok_or(RefundError::NotALine(claimed.line_id))?;
        let quantity = min(claimed.quantity, line.units_left());
        let part = match quantity > 0 {
            true => Some(refund::plan::units(line, quantity, shop.settings.refund_shipping)?),
            false => None,
        };
        if quantity < claimed.quantity {
            let amount = part.map_or(Fen::ZERO, |part| part.amount);
            service::cut_down(tx, &claimed, quantity.max(0), amount).await?;
        }
        asked += claimed.quantity;
        given += quantity.max(0);
        parts.extend(part);
    }
    if given < asked {
        let words = format!("申请 {asked} 件，可退 {given} 件");
        service::note(tx, ticket, "cut_down", actor, Some(&words), now).await?;
    }
    Ok(parts)
}
