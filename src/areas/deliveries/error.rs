//! What can go wrong with delivery lists.

use kernel::id::{DeliveryListId, OrderLineId};
use kernel::words::wire;
use kernel::{Code, Coded};
use serde_json::json;

use super::state::ListState;

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// No such list, or another leader's.
    #[error("delivery list {0} does not exist")]
    NotFound(DeliveryListId),
    /// The list's state does not allow it; a lost race answers the same.
    #[error("delivery list {list} is {}", wire(.state))]
    WrongState {
        /// The list.
        list: DeliveryListId,
        /// Where it stands.
        state: ListState,
    },
    /// Nothing waits for this leader.
    #[error("no paid order of this leader waits to be delivered")]
    Empty,
    /// The line travels with a list and moves with it alone.
    #[error("line {line} is on delivery list {list}")]
    OnList {
        /// The line.
        line: OrderLineId,
        /// Its list.
        list: DeliveryListId,
    },
    /// The database failed.
    #[error("delivery storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for DeliveryError {
    fn code(&self) -> Code {
        match self {
            DeliveryError::NotFound(_) => Code::DeliveryNotFound,
            DeliveryError::WrongState { .. } | DeliveryError::OnList { .. } => Code::DeliveryWrongState,
            DeliveryError::Empty => Code::DeliveryEmpty,
            DeliveryError::Db(_) => Code::Internal,
        }
    }

    fn extra(&self) -> Option<serde_json::Value> {
        match self {
            DeliveryError::WrongState { state, .. } => Some(json!({ "state": state })),
            DeliveryError::OnList { line, list } => Some(json!({ "line_id": line, "delivery_list_id": list })),
            _ => None,
        }
    }
}
