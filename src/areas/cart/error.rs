//! What can go wrong with a cart.

use kernel::{Code, Coded};

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum CartError {
    /// The cart holds as many lines as it may.
    #[error("a cart holds at most {0} lines")]
    Full(u64),
    /// The database failed.
    #[error("cart storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for CartError {
    fn code(&self) -> Code {
        match self {
            Self::Full(_) => Code::CartFull,
            Self::Db(_) => Code::Internal,
        }
    }
}
