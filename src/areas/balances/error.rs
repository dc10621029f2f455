//! What can go wrong with balances and points.

use kernel::{Code, Coded, Fen};
use serde_json::json;

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum BalanceError {
    /// Less balance than is to be taken.
    #[error("the member has not so much balance")]
    TooLittle,
    /// Fewer points than are to be taken.
    #[error("the member has not so many points")]
    TooFewPoints,
    /// More balance than the shop lets a member have.
    #[error("a member may have {0} fen as balance at most")]
    AboveCeiling(Fen),
    /// An amount left the range.
    #[error(transparent)]
    Money(#[from] kernel::MoneyError),
    /// The database failed.
    #[error("balance storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for BalanceError {
    fn code(&self) -> Code {
        match self {
            BalanceError::TooLittle => Code::BalanceNotEnough,
            BalanceError::TooFewPoints => Code::PointsNotEnough,
            BalanceError::AboveCeiling(_) => Code::BalanceAboveCeiling,
            BalanceError::Money(_) => Code::AmountOutOfRange,
            BalanceError::Db(_) => Code::Internal,
        }
    }

    fn extra(&self) -> Option<serde_json::Value> {
        match self {
            BalanceError::AboveCeiling(most) => Some(json!({ "member_balance_max_fen": most })),
            _ => None,
        }
    }
}
