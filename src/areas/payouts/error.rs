//! What can go wrong with paying leaders.

use kernel::id::WithdrawalId;
use kernel::words::wire;
use kernel::{Code, Coded, Fen};
use serde_json::json;

use super::results::Judged;
use super::state::{WithdrawalChannel, WithdrawalState};
use crate::platform::seal::SealError;

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum PayoutError {
    /// No such withdrawal.
    #[error("the withdrawal does not exist")]
    NotFound,
    /// The state does not allow it, or another was faster.
    #[error("the withdrawal {id} is {}", wire(.state))]
    WrongState {
        /// Which.
        id: WithdrawalId,
        /// Where it stands.
        state: WithdrawalState,
    },
    /// Below the shop's or the platform's least amount.
    #[error("a withdrawal is at least {0} fen")]
    TooSmall(Fen),
    /// Above the scene's limit; never split silently.
    #[error("a withdrawal is at most {0} fen")]
    TooLarge(Fen),
    /// The day's count or sum is used up.
    #[error("the daily limit of withdrawals is reached")]
    DailyLimit {
        /// Withdrawals a day.
        count: Option<i32>,
        /// Money a day.
        sum: Option<Fen>,
    },
    /// The shop pays in another way.
    #[error("the shop does not pay this way")]
    ChannelNotOffered(Vec<WithdrawalChannel>),
    /// No such transfer to this person.
    #[error("the transfer does not exist")]
    NoTransfer,
    /// No such account of this leader.
    #[error("the payout account does not exist")]
    NoAccount,
    /// Tax is withheld, and nobody knows from whom.
    #[error("the shop withholds tax and needs your real name and ID number first")]
    IdentityRequired,
    /// One person is one leader of a shop.
    #[error("the ID number belongs to another leader of the shop")]
    IdentityTaken,
    /// What was withheld was withheld from somebody.
    #[error("tax was withheld under another ID number")]
    IdentityFixed,
    /// No such sheet.
    #[error("the payout batch does not exist")]
    NoBatch,
    /// Nothing waits for a sheet.
    #[error("no approved withdrawal waits for a batch of this channel")]
    NothingToPay,
    /// Rows of a file of results that cannot be: none of them counts.
    #[error("{} rows do not fit the batch", .0.iter().filter(|row| row.code.is_fault()).count())]
    ResultsRefused(Vec<Judged>),
    /// A sealed value cannot be opened.
    #[error("a sealed value cannot be opened")]
    Sealed(#[from] SealError),
    /// The order was not flagged when it was paid.
    #[error("the order cannot be shared: {0}")]
    SharingNotOffered(&'static str),
    /// Too early without a reason.
    #[error("the order cannot be shared yet: {0}")]
    SharingNotDue(&'static str),
    /// The platform does not take the receiver.
    #[error("the receiver was refused: {0}")]
    ReceiverInvalid(String),
    /// Others kept changing the same row.
    #[error("the payout is being changed by others")]
    Contended,
    /// A stored request cannot be read.
    #[error("a stored request of a payout cannot be read: {0}")]
    Unreadable(String),
    /// An amount left the range.
    #[error(transparent)]
    Money(#[from] kernel::MoneyError),
    /// The database failed.
    #[error("payout storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for PayoutError {
    fn code(&self) -> Code {
        match self {
            PayoutError::NotFound => Code::WithdrawalNotFound,
            PayoutError::WrongState { .. } => Code::WithdrawalWrongState,
            PayoutError::TooSmall(_) => Code::WithdrawalTooSmall,
            PayoutError::TooLarge(_) => Code::WithdrawalTooLarge,
            PayoutError::DailyLimit { .. } => Code::WithdrawalDailyLimit,
            PayoutError::ChannelNotOffered(_) => Code::WithdrawalChannel,
            PayoutError::NoTransfer => Code::TransferNotFound,
            PayoutError::NoAccount => Code::PayoutAccountNotFound,
            PayoutError::IdentityRequired => Code::IdentityRequired,
            PayoutError::IdentityTaken => Code::IdentityTaken,
            PayoutError::IdentityFixed => Code::IdentityFixed,
            PayoutError::NoBatch => Code::PayoutBatchNotFound,
            PayoutError::NothingToPay => Code::PayoutBatchEmpty,
            PayoutError::ResultsRefused(_) => Code::PayoutResultsRefused,
            PayoutError::SharingNotOffered(_) => Code::SharingNotOffered,
            PayoutError::SharingNotDue(_) => Code::SharingNotDue,
            PayoutError::ReceiverInvalid(_) => Code::ReceiverInvalid,
            PayoutError::Contended => Code::Busy,
            PayoutError::Money(_) => Code::AmountOutOfRange,
            PayoutError::Unreadable(_) | PayoutError::Sealed(_) | PayoutError::Db(_) => Code::Internal,
        }
    }

    fn extra(&self) -> Option<serde_json::Value> {
        match self {
            PayoutError::WrongState { state, .. } => Some(json!({ "state": state })),
            PayoutError::TooSmall(least) => Some(json!({ "min_fen": least })),
            PayoutError::TooLarge(most) => Some(json!({ "max_fen": most })),
            PayoutError::DailyLimit { count, sum } => Some(json!({ "daily_count": count, "daily_fen": sum })),
            PayoutError::ChannelNotOffered(offered) => Some(json!({ "offered": offered })),
            PayoutError::ResultsRefused(rows) => Some(json!({ "rows": rows })),
            _ => None,
        }
    }
}
