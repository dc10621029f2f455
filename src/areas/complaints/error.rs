//! What can go wrong with complaints.

use kernel::id::ComplaintId;
use kernel::words::wire;
use kernel::{Code, Coded};
use serde_json::json;

use super::state::ComplaintState;

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum ComplaintError {
    /// No such complaint of this shop.
    #[error("complaint {0} does not exist")]
    NotFound(ComplaintId),
    /// It is ended, or being ended.
    #[error("complaint {complaint} is {}; nothing more can be said", wire(.state))]
    WrongState {
        /// The complaint.
        complaint: ComplaintId,
        /// Where it stands.
        state: ComplaintState,
    },
    /// A phone number cannot be sealed.
    #[error("a phone number cannot be sealed: {0}")]
    Seal(#[from] crate::platform::seal::SealError),
    /// The database failed.
    #[error("complaint storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for ComplaintError {
    fn code(&self) -> Code {
        match self {
            ComplaintError::NotFound(_) => Code::ComplaintNotFound,
            ComplaintError::WrongState { .. } => Code::ComplaintWrongState,
            ComplaintError::Seal(_) | ComplaintError::Db(_) => Code::Internal,
        }
    }

    fn extra(&self) -> Option<serde_json::Value> {
        match self {
            ComplaintError::WrongState { state, .. } => Some(json!({ "status": state })),
            _ => None,
        }
    }
}
