//! What can go wrong with after-sale tickets.

use kernel::id::{OrderLineId, TicketId};
use kernel::words::wire;
use kernel::{Code, Coded};
use serde_json::json;

use super::state::{TicketEvent, TicketState};

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum TicketError {
    /// No such ticket of this caller.
    #[error("ticket {0} does not exist")]
    NotFound(TicketId),
    /// The event cannot happen in this state.
    #[error("ticket {ticket} is {}; {} is not possible now", wire(.state), wire(.event))]
    WrongState {
        /// The ticket.
        ticket: TicketId,
        /// Where it stands.
        state: TicketState,
        /// What was tried.
        event: TicketEvent,
    },
    /// A ticket is open for this line.
    #[error("a ticket is already open for line {0}")]
    Open(OrderLineId),
    /// The after-sale window of the line has ended.
    #[error("the after-sale window of line {0} is over")]
    WindowOver(OrderLineId),
    /// The shop does not take a second claim after a refusal.
    #[error("a claim for line {0} was refused and cannot be made again")]
    RefusedBefore(OrderLineId),
    /// The platform's judgment was asked for already, or too late.
    #[error("ticket {0} cannot be escalated any more")]
    NotEscalable(TicketId),
    /// The database failed.
    #[error("ticket storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for TicketError {
    fn code(&self) -> Code {
        match self {
            TicketError::NotFound(_) => Code::AfterSaleNotFound,
            TicketError::WrongState { .. } => Code::AfterSaleWrongState,
            TicketError::Open(_) => Code::AfterSaleOpen,
            TicketError::WindowOver(_) => Code::AfterSaleWindowOver,
            TicketError::RefusedBefore(_) => Code::AfterSaleWrongState,
            TicketError::NotEscalable(_) => Code::AfterSaleNotEscalable,
            TicketError::Db(_) => Code::Internal,
        }
    }

    fn extra(&self) -> Option<serde_json::Value> {
        match self {
            TicketError::WrongState { state, .. } => Some(json!({ "status": state })),
            _ => None,
        }
    }
}
