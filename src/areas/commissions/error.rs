//! What can go wrong with commissions.

use kernel::id::CommissionId;
use kernel::{Code, Coded};

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum CommissionError {
    /// Another transaction changed the commission between our look and our write.
    #[error("commission {0} was changed by another transaction")]
    Changed(CommissionId),
    /// The rule stored on an order line cannot be read.
    #[error("the commission rule of an order line cannot be read: {0}")]
    Rule(#[from] serde_json::Error),
    /// An amount left the range.
    #[error(transparent)]
    Money(#[from] kernel::MoneyError),
    /// The database failed.
    #[error("commission storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for CommissionError {
    fn code(&self) -> Code {
        match self {
            CommissionError::Changed(_) => Code::Busy,
            CommissionError::Money(_) => Code::AmountOutOfRange,
            CommissionError::Rule(_) | CommissionError::Db(_) => Code::Internal,
        }
    }
}
