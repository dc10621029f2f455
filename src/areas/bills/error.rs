//! What can go wrong with bills.

use chrono::NaiveDate;
use kernel::id::{BillRunId, CaseId};
use kernel::{Code, Coded};

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum BillsError {
    /// No bill of the day has been read in this shop.
    #[error("no bill of {0} has been read")]
    NoBill(NaiveDate),
    /// The day has not ended, so that no bill of it is written.
    #[error("the bills of {0} are written when the day is over")]
    DayNotOver(NaiveDate),
    /// No such case in this shop.
    #[error("case {0} does not exist")]
    NoCase(CaseId),
    /// Somebody has resolved it already.
    #[error("case {0} is resolved already")]
    Resolved(CaseId),
    /// Another worker has moved the run on; roll back.
    #[error("bill run {0} was moved on by another worker")]
    Moved(BillRunId),
    /// Another worker reconciles the shop's bills.
    #[error("the shop's bills are being reconciled by another worker")]
    Taken,
    /// An amount left the range.
    #[error(transparent)]
    Money(#[from] kernel::MoneyError),
    /// The database failed.
    #[error("bill storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for BillsError {
    fn code(&self) -> Code {
        match self {
            BillsError::NoBill(_) => Code::BillNotFound,
            BillsError::DayNotOver(_) => Code::ValidationFailed,
            BillsError::NoCase(_) => Code::BillCaseNotFound,
            BillsError::Resolved(_) => Code::BillCaseResolved,
            BillsError::Moved(_) | BillsError::Taken => Code::Busy,
            BillsError::Money(_) => Code::AmountOutOfRange,
            BillsError::Db(_) => Code::Internal,
        }
    }
}
