//! What the shop decides of a claim, and the refund that follows.

use chrono::Duration;
use kernel::id::{OperatorId, TicketId};
use kernel::{Failure, Time};
use sea_orm::DatabaseTransaction;

use super::overtaken::parts_left;
use super::{Judge, SYSTEM, Ticket, whole};
use crate::app::App;
use crate::areas::after_sales::entity::ticket;
use crate::areas::after_sales::service::{self, Change};
use crate::areas::after_sales::state::{TicketEvent, TicketKind};
use crate::areas::operators::audit;
use crate::areas::orders::entity::line;
use crate::areas::payments::entity::refund_line;
use crate::areas::shops::query::Shop;
use crate::areas::{orders, stock};
use crate::flows::profit_sharing;
use crate::flows::refund::{self, Cause, Made, Plan};
use crate::platform::request_keys::Once;

/// Who decides.
#[derive(Clone, Copy, Debug)]
pub(super) enum Decider {
    /// An operator of the shop.
    Operator(OperatorId),
    /// A rule of the shop's settings.
    Rule,
}

impl Decider {
    pub(super) fn actor(self) -> String {
        match self {
            Self::Operator(operator) => format!("operator:{operator}"),
            Self::Rule => SYSTEM.to_owned(),
        }
    }
}

/// The shop grants a claim. Goods to be returned come back first; else the refund is made at once.
pub async fn approve(
    app: &App,
    shop: &Shop,
    id: TicketId,
    judge: Judge,
    once: &Once<Ticket>,
) -> Result<Ticket, Failure> {
    let known = judge.sees(app.db.reader(), shop, id).await?;
    profit_sharing::hear_out(app, shop, known.order_id).await?;
    let now = app.clock.now();
    let (ticket, made) = app
        .db
        .write(async |tx| {
            let ticket = judge.holds(tx, shop, id).await?;
            judge.may_decide(&ticket)?;
            let by = Decider::Operator(judge.operator);
            let (ticket, made) = grant(app, tx, shop, &ticket, by, now).await?;
            let decided = decided(app, tx, ticket, by, "after_sale.approve").await?;
            once.keep(tx, &decided, app.clock.wall()).await?;
            Ok((decided, made))
        })
        .await?;
    if let Some(made) = made {
        refund::after_commit(app, shop, &made).await;
    }
    Ok(ticket)
}

/// Grants a claim in the caller's transaction; the refund, when one is made at once.
pub(super) async fn grant(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    ticket: &ticket::Model,
    by: Decider,
    now: Time,
) -> Result<(ticket::Model, Option<Made>), Failure> {
    let actor = by.actor();
    let ticket = service::advance(tx, ticket, TicketEvent::Approved, &Change::by(&actor), now).await?;
    if ticket.kind == TicketKind::ReturnAndRefund {
        let deadline = Some(now + Duration::days(shop.settings.return_days));
        let change = Change { deadline, ..Change::by(&actor) };
        return Ok((service::advance(tx, &ticket, TicketEvent::ReturnAsked, &change, now).await?, None));
    }
    let (ticket, made) = refund_ticket(app, tx, shop, &ticket, by, now).await?;
    Ok((ticket, Some(made)))
}

/// Why a claim is not granted.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The member reads it.
    pub reason: String,
    /// What shows it.
    pub photos: Vec<String>,
}

/// The shop does not grant a claim, or the goods of a granted one did not come back as they should.
pub async fn refuse(
    app: &App,
    shop: &Shop,
    id: TicketId,
    judge: Judge,
    refusal: &Refusal,
    once: &Once<Ticket>,
) -> Result<Ticket, Failure> {
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            let ticket = judge.holds(tx, shop, id).await?;
            judge.may_decide(&ticket)?;
            let by = Decider::Operator(judge.operator);
            let actor = by.actor();
            let change = Change { answer: Some(&refusal.reason), photos: &refusal.photos, ..Change::by(&actor) };
            let ticket = service::advance(tx, &ticket, TicketEvent::Refused, &change, now).await?;
            let decided = decided(app, tx, ticket, by, "after_sale.refuse").await?;
            once.keep(tx, &decided, app.clock.wall()).await?;
            Ok(decided)
        })
        .await
}

/// What every decision ends with: the order's timeline and, of an operator's, the audit log.
pub(super) async fn decided(
    app: &App,
    tx: &DatabaseTransaction,
    ticket: ticket::Model,
    by: Decider,
    action: &str,
) -> Result<Ticket, Failure> {
    let now = app.clock.now();
    if let Some(order) = orders::query::by_id(tx, ticket.shop_id, ticket.order_id).await? {
        let what = action.replace('.', "_");
        let answer = ticket.answer.as_deref();
        orders::service::note(tx, &order, Some(order.status), &what, &by.actor(), answer, now).await?;
    }
    if let Decider::Operator(operator) = by {
        let detail =
            serde_json::json!({"order_id": ticket.order_id, "refund_id": ticket.refund_id, "answer": ticket.answer});
        audit::note(tx, ticket.shop_id, operator, action, ticket.id, detail, now).await?;
    }
    whole(tx, ticket).await
}

/// Makes the refund of a ticket, of what is left of it. Units that were never sent go back on sale.
pub(super) async fn refund_ticket(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    ticket: &ticket::Model,
    by: Decider,
    now: Time,
) -> Result<(ticket::Model, Made), Failure> {
    let actor = by.actor();
    let parts = parts_left(tx, shop, ticket, &actor, now).await?;
    let refunding = service::advance(tx, ticket, TicketEvent::RefundStarted, &Change::by(&actor), now).await?;
    let plan = Plan {
        parts,
        cause: Cause::AfterSale,
        reason: ticket.reason.clone(),
        restock: true,
        ticket: Some(ticket.id),
        actor,
    };
    let made = refund::make(app, tx, shop, ticket.order_id, plan).await?;
    service::set_refund(tx, ticket.id, made.refund.id).await?;
    let after = service::by_id(tx, shop.id, ticket.id).await?.unwrap_or(refunding);
    Ok((after, made))
}

/// Puts the refunded units of a ticket on sale again that had been sent: they came back and are as good
/// as new.
pub(super) async fn restock_returned(
    tx: &DatabaseTransaction,
    ticket: &ticket::Model,
    refunded: &[refund_line::Model],
    lines: &[line::Model],
    now: Time,
) -> Result<Vec<(kernel::id::SkuId, i64)>, Failure> {
    let sent = |line: &line::Model| line.shipped_at.is_some() || line.redeemed > 0;
    let back: Vec<_> = refunded
        .iter()
        .filter_map(|part| Some((lines.iter().find(|line| line.id == part.line_id)?, part.quantity)))
        .filter(|(line, quantity)| sent(line) && *quantity > 0)
        .map(|(line, quantity)| (line.sku_id, quantity))
        .collect();
    if back.is_empty() {
        return Ok(Vec::new());
    }
    Ok(stock::service::restock(tx, ticket.shop_id, ticket.order_id, &back, &ticket.reason, None, now).await?)
}
