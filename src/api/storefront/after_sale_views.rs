//! After-sale tickets as members and the shop see them: timeline, deadline, and what can be done.

use chrono::{DateTime, Utc};
use kernel::Fen;
use kernel::id::{OrderId, OrderLineId, RefundId, TicketId};
use serde::Serialize;

use crate::areas::after_sales::entity::{ticket, ticket_event};
use crate::areas::after_sales::state::{TicketKind, TicketState};
use crate::flows::after_sale::Ticket;

/// A ticket.
#[derive(Serialize, utoipa::ToSchema)]
#[allow(missing_docs, reason = "the fields are named by what they are")]
pub struct TicketView {
    pub id: TicketId,
    pub order_id: OrderId,
    pub kind: TicketKind,
    pub status: TicketState,
    pub reason: String,
    pub photos: Vec<String>,
    pub lines: Vec<TicketLineView>,
    /// What would go back, or did.
    pub amount_fen: Fen,
    /// Why it was refused, or ended by itself.
    pub answer: Option<String>,
    /// What shows why.
    pub answer_photos: Vec<String>,
    pub refund_id: Option<RefundId>,
    /// How the goods come back, once they do.
    pub return_shipment: Option<ReturnShipmentView>,
    /// When what the ticket waits for is no longer waited for.
    pub deadline: Option<DeadlineView>,
    /// What whoever asks can do now.
    pub actions: Vec<TicketAction>,
    /// What happened, oldest first.
    pub timeline: Vec<TicketEventView>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// How goods come back.
#[derive(Serialize, utoipa::ToSchema)]
#[allow(missing_docs, reason = "the fields are named by what they are")]
pub struct ReturnShipmentView {
    pub carrier: String,
    pub tracking_no: String,
    pub shipped_at: DateTime<Utc>,
}

/// A moment, and what comes of it.
#[derive(Serialize, utoipa::ToSchema)]
#[allow(missing_docs, reason = "the fields are named by what they are")]
pub struct DeadlineView {
    pub at: DateTime<Utc>,
    pub then: DeadlineEffect,
}

/// What happens by itself.
#[derive(Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeadlineEffect {
    /// The claim is granted.
    Approved,
    /// The claim ends: the goods were not sent back.
    Withdrawn,
    /// The goods count as received, and the refund is made.
    GoodsReturned,
}

/// What can be done about a ticket.
#[derive(Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TicketAction {
    /// The member gives it up.
    Cancel,
    /// The member says how the goods come back.
    ReturnShipment,
    /// The member asks for the platform's judgment.
    Escalate,
    /// The shop grants it.
    Approve,
    /// The shop does not.
    Refuse,
    /// The shop has the goods.
    GoodsReturned,
    /// The shop sends its refund again.
    RetryRefund,
}

/// An entry of a ticket's timeline.
#[derive(Serialize, utoipa::ToSchema)]
#[allow(missing_docs, reason = "the fields are named by what they are")]
pub struct TicketEventView {
    pub what: String,
    /// Where the ticket stood after it.
    pub status: TicketState,
    /// `member`, `leader`, `operator` or `system`.
    pub by: String,
    pub note: Option<String>,
    pub at: DateTime<Utc>,
}

/// A line of a ticket.
#[derive(Serialize, utoipa::ToSchema)]
#[allow(missing_docs, reason = "the fields are named by what they are")]
pub struct TicketLineView {
    pub line_id: OrderLineId,
    pub quantity: i64,
    pub amount_fen: Fen,
}

fn texts(list: &serde_json::Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|text| text.as_str()).map(str::to_owned).collect()
}

fn deadline(ticket: &ticket::Model) -> Option<DeadlineView> {
    let then = match (ticket.state, ticket.return_shipped_at) {
        (TicketState::Requested, _) => DeadlineEffect::Approved,
        (_, None) => DeadlineEffect::Withdrawn,
        (_, Some(_)) => DeadlineEffect::GoodsReturned,
    };
    ticket.deadline_at.map(|at| DeadlineView { at, then })
}

impl TicketView {
    /// As the member sees it.
    pub fn for_member(seen: &Ticket) -> Self {
        use TicketAction as A;
        let actions = match seen.ticket.state {
            TicketState::Requested | TicketState::Escalated => vec![A::Cancel],
            TicketState::AwaitingReturn => vec![A::ReturnShipment, A::Cancel],
            TicketState::Refused if seen.ticket.escalated_at.is_none() => vec![A::Escalate],
            _ => Vec::new(),
        };
        Self::of(seen, actions)
    }

    /// As the shop sees it.
    pub fn for_shop(seen: &Ticket) -> Self {
        use TicketAction as A;
        let actions = match seen.ticket.state {
            TicketState::Requested | TicketState::Escalated => vec![A::Approve, A::Refuse],
            TicketState::AwaitingReturn => vec![A::GoodsReturned, A::Refuse],
            TicketState::Failed => vec![A::RetryRefund],
            _ => Vec::new(),
        };
        Self::of(seen, actions)
    }

    /// As the supplier sees it whose lines it is about: what was escalated is not its to decide, and a
    /// refund not its to send again.
    pub fn for_supplier(seen: &Ticket) -> Self {
        use TicketAction as A;
        let actions = match (seen.ticket.state, seen.ticket.escalated_at) {
            (TicketState::Requested, None) => vec![A::Approve, A::Refuse],
            (TicketState::AwaitingReturn, None) => vec![A::GoodsReturned, A::Refuse],
            (TicketState::AwaitingReturn, Some(_)) => vec![A::GoodsReturned],
            _ => Vec::new(),
        };
        Self::of(seen, actions)
    }

    fn of(Ticket { ticket, lines, events }: &Ticket, actions: Vec<TicketAction>) -> Self {
        let shipment = (ticket.carrier.clone(), ticket.tracking_no.clone(), ticket.return_shipped_at);
        Self {
            id: ticket.id,
            order_id: ticket.order_id,
            kind: ticket.kind,
            status: ticket.state,
            reason: ticket.reason.clone(),
            photos: texts(&ticket.photos),
            lines: lines
                .iter()
                .map(|line| TicketLineView {
                    line_id: line.line_id,
                    quantity: line.quantity,
                    amount_fen: line.amount_fen,
                })
                .collect(),
            amount_fen: Fen::sum(lines.iter().map(|line| line.amount_fen)).unwrap_or_default(),
            answer: ticket.answer.clone(),
            answer_photos: texts(&ticket.answer_photos),
            refund_id: ticket.refund_id,
            return_shipment: match shipment {
                (Some(carrier), Some(tracking_no), Some(shipped_at)) => {
                    Some(ReturnShipmentView { carrier, tracking_no, shipped_at })
                }
                _ => None,
            },
            deadline: deadline(ticket),
            actions,
            timeline: events.iter().map(TicketEventView::from).collect(),
            created_at: ticket.created_at,
            updated_at: ticket.updated_at,
        }
    }
}

impl From<&ticket_event::Model> for TicketEventView {
    fn from(row: &ticket_event::Model) -> Self {
        Self {
            what: row.what.clone(),
            status: row.state,
            // Who of the shop's people it was is the shop's business.
            by: row.actor.split(':').next().unwrap_or_default().to_owned(),
            note: row.note.clone(),
            at: row.at,
        }
    }
}
