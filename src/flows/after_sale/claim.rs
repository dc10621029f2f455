//! What a member does: claim, give the claim up, ask for the platform's judgment.

use chrono::Duration;
use kernel::id::{LeaderId, MemberId, OrderId, OrderLineId, ShopId, TicketId};
use kernel::{Failure, Fen, Time};
use sea_orm::DatabaseTransaction;

use super::decide::{Decider, grant};
use super::overtaken::anything_left;
use super::{Ticket, of_member, whole};
use crate::app::App;
use crate::areas::after_sales::entity::{ticket, ticket_line};
use crate::areas::after_sales::error::TicketError;
use crate::areas::after_sales::service::{self, Change};
use crate::areas::after_sales::state::{TicketEvent, TicketKind, TicketState};
use crate::areas::orders;
use crate::areas::orders::entity::{line, order};
use crate::areas::orders::error::OrderError;
use crate::areas::orders::state::{OrderEvent, OrderStatus};
use crate::areas::shops::query::Shop;
use crate::flows::refund::{self, RefundError};
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

/// Who claims: the member, or the leader of the order for him.
#[derive(Clone, Copy, Debug)]
pub enum Claimant {
    /// Whose order it is.
    Member(MemberId),
    /// Whose member bought.
    Leader(LeaderId),
}

impl Claimant {
    fn may_claim(self, order: &order::Model) -> bool {
        match self {
            Self::Member(member) => order.member_id == member,
            Self::Leader(leader) => order.leader_id == Some(leader),
        }
    }

    fn actor(self) -> String {
        match self {
            Self::Member(member) => format!("member:{member}"),
            Self::Leader(leader) => format!("leader:{leader}"),
        }
    }
}

/// A claim is made, from payment until the window of the line ends. What the shop's rule grants without
/// asking is granted at once.
#[tracing::instrument(skip_all, fields(order = %order))]
pub async fn claim(
    app: &App,
    shop: &Shop,
    by: Claimant,
    order: OrderId,
    claim: &Claim,
    once: &Once<Ticket>,
) -> Result<Ticket, Failure> {
    let (opened, made) = app
        .db
        .write(async |tx| {
            let now = app.clock.now();
            // Held before the lines are judged: a refund or a settlement comes wholly before or after.
            let order = orders::progress::lock(tx, shop.id, order).await?;
            if !by.may_claim(&order) {
                return Err(OrderError::NotFound(order.id).into());
            }
            if matches!(order.status, OrderStatus::PendingPayment | OrderStatus::Closed) {
                let event = OrderEvent::RefundedInFull;
                return Err(OrderError::WrongState { order: order.id, status: order.status, event }.into());
            }
            let lines = orders::query::lines_of(tx, shop.id, order.id).await?;
            let ticket = new_ticket(shop, &order, claim, now);
            let mut rows = Vec::with_capacity(claim.lines.len());
            let mut at_hand = true;
            for (line, quantity) in &claim.lines {
                let line = lines.iter().find(|l| l.id == *line).ok_or(RefundError::NotALine(*line))?;
                may_claim(tx, shop, line, now).await?;
                let part = refund::plan::units(line, *quantity, shop.settings.refund_shipping)?;
                rows.push(line_row(shop.id, ticket.id, line.id, *quantity, part.amount));
                at_hand &= line.shipped_at.is_none() && line.redeemed == 0;
            }
            service::open(tx, &ticket, &rows, &by.actor()).await?;
            orders::service::note(tx, &order, Some(order.status), "after_sale_asked", &by.actor(), None, now).await?;
            let amount = Fen::sum(rows.iter().map(|row| row.amount_fen))?;
            let at_once = at_hand
                && claim.kind == TicketKind::RefundOnly
                && shop.settings.auto_approve_unshipped_fen.is_some_and(|most| amount <= most);
            let (ticket, made) =
                if at_once { grant(app, tx, shop, &ticket, Decider::Rule, now).await? } else { (ticket, None) };
            let opened = whole(tx, ticket).await?;
            once.keep(tx, &opened, app.clock.wall()).await?;
            Ok((opened, made))
        })
        .await?;
    if let Some(made) = made {
        refund::after_commit(app, shop, &made).await;
    }
    Ok(opened)
}

fn new_ticket(shop: &Shop, order: &order::Model, claim: &Claim, now: Time) -> ticket::Model {
    ticket::Model {
        id: TicketId::new(),
        shop_id: shop.id,
        order_id: order.id,
        member_id: order.member_id,
        kind: claim.kind,
        state: TicketState::Requested,
        reason: claim.reason.clone(),
        photos: claim.photos.clone().into(),
        answer: None,
        answer_photos: Vec::<String>::new().into(),
        refund_id: None,
        carrier: None,
        tracking_no: None,
        return_shipped_at: None,
        deadline_at: shop.settings.auto_approve_after_hours.map(|hours| now + Duration::hours(hours)),
        escalated_at: None,
        created_at: now,
        updated_at: now,
        closed_at: None,
    }
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

/// The member gives a claim up.
pub async fn withdraw(app: &App, shop: &Shop, member: MemberId, id: TicketId) -> Result<Ticket, Failure> {
    app.db
        .write(async |tx| {
            let Ticket { ticket, .. } = of_member(tx, shop, member, id).await?;
            let actor = format!("member:{member}");
            let change = Change::by(&actor);
            let after = service::advance(tx, &ticket, TicketEvent::Withdrawn, &change, app.clock.now()).await?;
            whole(tx, after).await
        })
        .await
}

/// The member asks for the platform's judgment of a claim that was refused, once and not too late: as
/// long as the line is neither settled nor refunded whole, and within the shop's days. The lines are held
/// again by the ticket.
///
/// Errors: `after_sale.wrong_state`, `.not_escalable`, `.window_over`, `.open`.
pub async fn escalate(app: &App, shop: &Shop, member: MemberId, id: TicketId, reason: &str) -> Result<Ticket, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let Ticket { ticket, lines, .. } = of_member(tx, shop, member, id).await?;
            orders::progress::lock(tx, shop.id, ticket.order_id).await?;
            let last = ticket.closed_at.map(|at| at + Duration::days(shop.settings.escalate_days));
            let asked_again = ticket.escalated_at.is_some() && ticket.state == TicketState::Refused;
            if asked_again || last.is_some_and(|last| last <= now && ticket.state == TicketState::Refused) {
                return Err(TicketError::NotEscalable(id).into());
            }
            let of_order = orders::query::lines_of(tx, shop.id, ticket.order_id).await?;
            if !anything_left(&lines, &of_order) {
                return Err(TicketError::NotEscalable(id).into());
            }
            let is_claimed = |line: &&line::Model| lines.iter().any(|claimed| claimed.line_id == line.id);
            if let Some(line) = of_order.iter().filter(is_claimed).find(|line| line.settled_at.is_some()) {
                return Err(TicketError::WindowOver(line.id).into());
            }
            let actor = format!("member:{member}");
            let after = service::advance(tx, &ticket, TicketEvent::Escalated, &Change::by(&actor), now).await?;
            service::note(tx, &after, "escalation_reason", &actor, Some(reason), now).await?;
            whole(tx, after).await
        })
        .await
}
