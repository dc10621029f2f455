//! After-sale tickets: a member claims, the shop decides, the refund follows.

use kernel::id::{MemberId, OperatorId, OrderId, OrderLineId, ShopId, TicketId};
use kernel::{Failure, Fen, Time};
use sea_orm::DatabaseTransaction;

use crate::app::App;
use crate::areas::after_sales::entity::{ticket, ticket_line};
use crate::areas::after_sales::error::TicketError;
use crate::areas::after_sales::service;
use crate::areas::after_sales::state::{TicketEvent, TicketKind, TicketState};
use crate::areas::operators::audit;
use crate::areas::orders;
use crate::areas::orders::entity::line;
use crate::areas::orders::error::OrderError;
use crate::areas::orders::state::{OrderEvent, OrderStatus};
use crate::areas::shops::query::Shop;
use crate::flows::profit_sharing;
use crate::flows::refund::{self, Cause, Plan, RefundError};
use crate::platform::request_keys::Once;

/// A claim, already checked for its form.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Lines and units.
    pub lines: Vec<(OrderLineId, i64)>,
    /// What is asked for.
    pub kind: TicketKind,
    /// Why, in the member's words.
    pub reason: String,
    /// URLs of pictures.
    pub photos: Vec<String>,
}

/// A ticket with its lines.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// The ticket.
    pub ticket: ticket::Model,
    /// Its lines.
    pub lines: Vec<ticket_line::Model>,
}

/// A member claims, from payment until the window of the line ends.
#[tracing::instrument(skip_all, fields(order = %order))]
pub async fn claim(
    app: &App,
    shop: &Shop,
    member: MemberId,
    order: OrderId,
    claim: &Claim,
    once: &Once<Ticket>,
) -> Result<Ticket, Failure> {
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            // Held before the lines are judged: a refund or a settlement comes wholly before or after.
            let order = orders::progress::lock(tx, shop.id, order).await?;
            if order.member_id != member {
                return Err(OrderError::NotFound(order.id).into());
            }
            if matches!(order.status, OrderStatus::PendingPayment | OrderStatus::Closed) {
                let event = OrderEvent::RefundedInFull;
                return Err(OrderError::WrongState { order: order.id, status: order.status, event }.into());
            }
            let lines = orders::query::lines_of(tx, shop.id, order.id).await?;
            let id = TicketId::new();
            let mut rows = Vec::with_capacity(claim.lines.len());
            for (line, quantity) in &claim.lines {
                let line = lines.iter().find(|l| l.id == *line).ok_or(RefundError::NotALine(*line))?;
                may_claim(tx, shop, line, now).await?;
                let part = refund::plan::units(line, *quantity, shop.settings.refund_shipping)?;
                rows.push(line_row(shop.id, id, line.id, *quantity, part.amount));
            }
            let ticket = ticket::Model {
                id,
                shop_id: shop.id,
                order_id: order.id,
                member_id: member,
                kind: claim.kind,
                state: TicketState::Requested,
                reason: claim.reason.clone(),
                photos: claim.photos.clone().into(),
                answer: None,
                refund_id: None,
                tracking_no: None,
                created_at: now,
                updated_at: now,
                closed_at: None,
            };
            service::open(tx, &ticket, &rows).await?;
            let actor = format!("member:{member}");
            orders::service::note(tx, &order, Some(order.status), "after_sale_asked", &actor, None, now).await?;
            let opened = Ticket { ticket, lines: rows };
            once.keep(tx, &opened, app.clock.wall()).await?;
            Ok(opened)
        })
        .await
}

async fn may_claim(tx: &DatabaseTransaction, shop: &Shop, line: &line::Model, now: Time) -> Result<(), Failure> {
    let over = line.settled_at.is_some() || line.after_sale_until.is_some_and(|until| until <= now);
    if over {
        return Err(TicketError::WindowOver(line.id).into());
    }
    if !shop.settings.reapply_after_refusal && service::refused_before(tx, shop.id, line.id).await? {
        return Err(TicketError::RefusedBefore(line.id).into());
    }
    Ok(())
}

fn line_row(shop: ShopId, ticket: TicketId, line: OrderLineId, quantity: i64, amount: Fen) -> ticket_line::Model {
    ticket_line::Model {
        ticket_id: ticket,
        line_id: line,
        shop_id: shop,
        quantity,
        amount_fen: amount,
        open_line: Some(line),
    }
}

/// A member's own ticket.
pub async fn of_member(app: &App, shop: &Shop, member: MemberId, id: TicketId) -> Result<Ticket, Failure> {
    let conn = app.db.reader();
    let ticket = service::by_id(conn, shop.id, id).await?.filter(|ticket| ticket.member_id == member);
    let ticket = ticket.ok_or(TicketError::NotFound(id))?;
    let lines = service::lines_of(conn, shop.id, id).await?;
    Ok(Ticket { ticket, lines })
}

/// The member gives a claim up.
pub async fn withdraw(app: &App, shop: &Shop, member: MemberId, id: TicketId) -> Result<Ticket, Failure> {
    let Ticket { ticket, lines } = of_member(app, shop, member, id).await?;
    let now = app.clock.now();
    let ticket = app
        .db
        .write(async |tx| Ok(service::advance(tx, &ticket, TicketEvent::Withdrawn, None, None, now).await?))
        .await?;
    Ok(Ticket { ticket, lines })
}

/// The shop grants a claim. Goods to be returned come back first; else the refund is made at once.
pub async fn approve(
    app: &App,
    shop: &Shop,
    id: TicketId,
    operator: OperatorId,
    once: &Once<Ticket>,
) -> Result<Ticket, Failure> {
    let now = app.clock.now();
    let known = service::by_id(app.db.reader(), shop.id, id).await?.ok_or(TicketError::NotFound(id))?;
    profit_sharing::hear_out(app, shop, known.order_id).await?;
    let (decided, made) = app
        .db
        .write(async |tx| {
            let ticket = service::by_id(tx, shop.id, id).await?.ok_or(TicketError::NotFound(id))?;
            let ticket = service::advance(tx, &ticket, TicketEvent::Approved, None, None, now).await?;
            let (ticket, made) = if ticket.kind == TicketKind::ReturnAndRefund {
                (service::advance(tx, &ticket, TicketEvent::ReturnAsked, None, None, now).await?, None)
            } else {
                let (ticket, made) = refund_ticket(app, tx, shop, &ticket, operator, now).await?;
                (ticket, Some(made))
            };
            Ok((decided(app, tx, ticket, operator, "after_sale.approve", once).await?, made))
        })
        .await?;
    if let Some(made) = made {
        refund::after_commit(app, shop, &made).await;
    }
    Ok(decided)
}

/// The goods of a granted return came back: the refund is made.
pub async fn goods_returned(
    app: &App,
    shop: &Shop,
    id: TicketId,
    operator: OperatorId,
    once: &Once<Ticket>,
) -> Result<Ticket, Failure> {
    let now = app.clock.now();
    let (decided, made) = app
        .db
        .write(async |tx| {
            let ticket = service::by_id(tx, shop.id, id).await?.ok_or(TicketError::NotFound(id))?;
            let ticket = service::advance(tx, &ticket, TicketEvent::GoodsReturned, None, None, now).await?;
            let (ticket, made) = refund_ticket(app, tx, shop, &ticket, operator, now).await?;
            Ok((decided(app, tx, ticket, operator, "after_sale.goods_returned", once).await?, made))
        })
        .await?;
    refund::after_commit(app, shop, &made).await;
    Ok(decided)
}

/// The shop does not grant a claim, or the goods of a granted one never came back.
pub async fn refuse(
    app: &App,
    shop: &Shop,
    id: TicketId,
    operator: OperatorId,
    reason: &str,
    once: &Once<Ticket>,
) -> Result<Ticket, Failure> {
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            let ticket = service::by_id(tx, shop.id, id).await?.ok_or(TicketError::NotFound(id))?;
            let ticket = service::advance(tx, &ticket, TicketEvent::Refused, Some(reason), None, now).await?;
            decided(app, tx, ticket, operator, "after_sale.refuse", once).await
        })
        .await
}

/// What every decision ends with: the order's timeline, the audit log and the kept answer.
async fn decided(
    app: &App,
    tx: &DatabaseTransaction,
    ticket: ticket::Model,
    operator: OperatorId,
    action: &str,
    once: &Once<Ticket>,
) -> Result<Ticket, Failure> {
    let now = app.clock.now();
    if let Some(order) = orders::query::by_id(tx, ticket.shop_id, ticket.order_id).await? {
        let what = action.replace('.', "_");
        let actor = format!("operator:{operator}");
        let answer = ticket.answer.as_deref();
        orders::service::note(tx, &order, Some(order.status), &what, &actor, answer, now).await?;
    }
    let detail =
        serde_json::json!({"order_id": ticket.order_id, "refund_id": ticket.refund_id, "answer": ticket.answer});
    audit::note(tx, ticket.shop_id, operator, action, ticket.id, detail, now).await?;
    let lines = service::lines_of(tx, ticket.shop_id, ticket.id).await?;
    let ticket = Ticket { ticket, lines };
    once.keep(tx, &ticket, app.clock.wall()).await?;
    Ok(ticket)
}

async fn refund_ticket(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    ticket: &ticket::Model,
    operator: OperatorId,
    now: Time,
) -> Result<(ticket::Model, refund::Made), Failure> {
    let lines = orders::query::lines_of(tx, shop.id, ticket.order_id).await?;
    let mut parts = Vec::new();
    for claimed in service::lines_of(tx, shop.id, ticket.id).await? {
        let line = lines.iter().find(|line| line.id == claimed.line_id);
        let line = line.ok_or(RefundError::NotALine(claimed.line_id))?;
        parts.push(refund::plan::units(line, claimed.quantity, shop.settings.refund_shipping)?);
    }
    let refunding = service::advance(tx, ticket, TicketEvent::RefundStarted, None, None, now).await?;
    let plan = Plan {
        parts,
        cause: Cause::AfterSale,
        reason: ticket.reason.clone(),
        restock: true,
        ticket: Some(ticket.id),
        actor: format!("operator:{operator}"),
    };
    let made = refund::make(app, tx, shop, ticket.order_id, plan).await?;
    service::set_refund(tx, ticket.id, made.refund.id).await?;
    let after = service::by_id(tx, shop.id, ticket.id).await?.unwrap_or(refunding);
    Ok((after, made))
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
        service::advance(tx, &ticket, event, None, None, now).await?;
    }
    Ok(())
}
