//! What can go wrong with the books.

use kernel::words::wire;
use kernel::{Code, Coded};

use super::state::AccountKind;

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Debits and credits differ, which is a mistake of ours.
    #[error("the journal {0} is not balanced: {1}")]
    Unbalanced(String, i64),
    /// The cause was booked before.
    #[error("{0} was booked before")]
    AlreadyBooked(String),
    /// A party's account would go below zero.
    #[error("{} holds too little", wire(.0))]
    TooLittle(AccountKind),
    /// An amount left the range.
    #[error(transparent)]
    Money(#[from] kernel::MoneyError),
    /// The database failed.
    #[error("ledger storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for LedgerError {
    fn code(&self) -> Code {
        match self {
            LedgerError::TooLittle(_) => Code::FundsNotEnough,
            LedgerError::Money(_) => Code::AmountOutOfRange,
            LedgerError::Unbalanced(..) | LedgerError::AlreadyBooked(_) | LedgerError::Db(_) => Code::Internal,
        }
    }
}
