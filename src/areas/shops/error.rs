//! What can go wrong with a shop.

use kernel::{Code, Coded};

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum ShopError {
    /// Several shops exist and none was named.
    #[error("several shops exist and the request names none")]
    Required,
    /// No shop has this app id, code or id.
    #[error("no shop answers to {0}")]
    Unknown(String),
    /// Another shop has the same app id or merchant.
    #[error("another shop already has this {0}")]
    Taken(&'static str),
    /// What is stored cannot be read.
    #[error("a shop's stored {0} cannot be read: {1}")]
    Unreadable(&'static str, String),
    /// The database failed.
    #[error("shop storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for ShopError {
    fn code(&self) -> Code {
        match self {
            ShopError::Required => Code::ShopRequired,
            ShopError::Unknown(_) => Code::ShopUnknown,
            ShopError::Taken(_) => Code::NameTaken,
            ShopError::Unreadable(..) | ShopError::Db(_) => Code::Internal,
        }
    }
}
