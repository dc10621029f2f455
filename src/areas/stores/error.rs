//! What can go wrong with stores.

use kernel::words::wire;
use kernel::{Code, Coded};
use serde_json::json;

use super::state::StoreState;

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No such store in this shop, or not one of this operator's.
    #[error("the store does not exist")]
    NotFound,
    /// No such message in this shop, or not of one of this operator's stores.
    #[error("the message does not exist")]
    NoticeNotFound,
    /// Names are unique in a shop.
    #[error("the shop has a store of that name")]
    NameTaken,
    /// One store of a marketplace belongs to one shop of the installation.
    #[error("this store is bound already")]
    Bound,
    /// The store stands where this cannot happen.
    #[error("the store is {}", wire(.0))]
    WrongState(StoreState),
    /// The platform takes its tokens no more.
    #[error("the store must be authorised again")]
    Reauthorize,
    /// The platform names another merchant or site than the one the store was entered for.
    #[error("another merchant or site has authorised: {0}")]
    OtherAccount(String),
    /// The platform refused, for a reason it tells.
    #[error("the platform refused: {0}")]
    Refused(String),
    /// What was given is not valid.
    #[error(transparent)]
    Invalid(#[from] kernel::failure::Invalid),
    /// What is stored cannot be read.
    #[error("the stored {what} cannot be read: {error}")]
    Unreadable {
        /// The column.
        what: &'static str,
        /// Why.
        error: serde_json::Error,
    },
    /// Sealing failed.
    #[error("a sealed value of a store failed")]
    Seal(#[from] crate::platform::seal::SealError),
    /// The database failed.
    #[error("store storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for StoreError {
    fn code(&self) -> Code {
        match self {
            StoreError::NotFound => Code::StoreNotFound,
            StoreError::NoticeNotFound => Code::StoreNoticeNotFound,
            StoreError::NameTaken => Code::NameTaken,
            StoreError::Bound => Code::StoreBound,
            StoreError::WrongState(_) => Code::StoreWrongState,
            StoreError::Reauthorize => Code::StoreReauthorize,
            StoreError::OtherAccount(_) => Code::StoreOtherAccount,
            StoreError::Refused(_) => Code::StoreRefused,
            StoreError::Invalid(_) => Code::ValidationFailed,
            StoreError::Unreadable { .. } | StoreError::Seal(_) | StoreError::Db(_) => Code::Internal,
        }
    }

    fn fields(&self) -> Vec<kernel::FieldFault> {
        match self {
            StoreError::Invalid(invalid) => invalid.fields(),
            _ => Vec::new(),
        }
    }

    fn extra(&self) -> Option<serde_json::Value> {
        match self {
            StoreError::WrongState(state) => Some(json!({ "state": state })),
            StoreError::OtherAccount(said) | StoreError::Refused(said) => Some(json!({ "reason": said })),
            _ => None,
        }
    }
}
