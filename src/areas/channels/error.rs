//! What can go wrong with channels.

use kernel::id::{StoreId, StoreSkuId};
use kernel::{Code, Coded};

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// No such line in this store.
    #[error("the store lists no {0}")]
    LineNotFound(StoreSkuId),
    /// The platform takes no stock from anybody.
    #[error("{0} takes no stock from us")]
    NoStock(String),
    /// Another worker has taken the store over; roll back.
    #[error("the stock of store {0} is told by another worker")]
    LeaseLost(StoreId),
    /// What is stored cannot be read.
    #[error("a stored stock rule cannot be read: {0}")]
    Unreadable(serde_json::Error),
    /// What was given is not valid.
    #[error(transparent)]
    Invalid(#[from] kernel::failure::Invalid),
    /// A cursor that is not ours.
    #[error(transparent)]
    Cursor(#[from] kernel::page::BadCursor),
    /// The database failed.
    #[error("channel storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for ChannelError {
    fn code(&self) -> Code {
        match self {
            ChannelError::LineNotFound(_) => Code::ChannelLineNotFound,
            ChannelError::NoStock(_) => Code::ChannelNoStock,
            ChannelError::LeaseLost(_) => Code::Busy,
            ChannelError::Invalid(_) => Code::ValidationFailed,
            ChannelError::Cursor(bad) => bad.code(),
            ChannelError::Unreadable(_) | ChannelError::Db(_) => Code::Internal,
        }
    }

    fn fields(&self) -> Vec<kernel::FieldFault> {
        match self {
            ChannelError::Invalid(invalid) => invalid.fields(),
            ChannelError::Cursor(bad) => bad.fields(),
            _ => Vec::new(),
        }
    }
}
