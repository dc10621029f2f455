//! How withdrawals, transfers and sharings move.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// How a leader is paid.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum WithdrawalChannel {
    /// Merchant transfer to the WeChat wallet.
    WechatTransfer,
    /// By hand, outside; the operator notes it.
    Manual,
    /// To a bank account, by a sheet the bank works off.
    Bank,
    /// To an Alipay account, by a sheet Alipay works off.
    Alipay,
    /// Into the leader's own balance as a member, at once.
    Balance,
}

impl WithdrawalChannel {
    /// Whether it is paid by sheets, to an account the leader keeps here.
    pub fn by_sheet(self) -> bool {
        matches!(self, Self::Bank | Self::Alipay)
    }
}

/// Where a sheet of withdrawals stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum BatchState {
    /// Some results are not known yet.
    Open,
    /// Every withdrawal of it has a result.
    Settled,
}

/// Where a withdrawal stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum WithdrawalState {
    /// Asked for; the money is frozen.
    Applied,
    /// Granted.
    Approved,
    /// The transfer is under way.
    Paying,
    /// The money arrived.
    Paid,
    /// Not granted; the money is available again.
    Rejected,
    /// The transfer ended without payment; the money is available again.
    Failed,
    /// Taken back by the leader, or its transfer was cancelled; the money is available again.
    Cancelled,
}

/// What happens to a withdrawal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum WithdrawalEvent {
    /// An operator or the review threshold grants it.
    Approved,
    /// An operator does not.
    Rejected,
    /// A transfer was made, or it stands on a sheet.
    TransferStarted,
    /// The platform, or a sheet's result, says it arrived.
    Paid,
    /// The same says it never will.
    TransferFailed,
    /// The leader takes back what he applied for, or the transfer was cancelled.
    Cancelled,
}

impl WithdrawalState {
    /// The state after `event`, or `None` when the event cannot happen here.
    pub fn after(self, event: WithdrawalEvent) -> Option<WithdrawalState> {
        use WithdrawalEvent as E;
        use WithdrawalState as S;
        Some(match (self, event) {
            (S::Applied, E::Approved) => S::Approved,
            // A granted withdrawal by hand may still be refused; one by transfer is sent at once.
            (S::Applied | S::Approved, E::Rejected) => S::Rejected,
            (S::Approved, E::TransferStarted) => S::Paying,
            (S::Paying, E::Paid) => S::Paid,
            (S::Paying, E::TransferFailed) => S::Failed,
            (S::Applied | S::Paying, E::Cancelled) => S::Cancelled,
            _ => return None,
        })
    }

    /// Whether nothing can happen any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Paid | Self::Rejected | Self::Failed | Self::Cancelled)
    }
}

/// Where a transfer stands, in our words.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum TransferState {
    /// To be sent.
    Created,
    /// Sent; the platform works on it, or the answer was lost.
    Processing,
    /// The leader has to confirm in WeChat.
    WaitingForUser,
    /// Paid.
    Succeeded,
    /// Closed by the platform, unpaid.
    Failed,
    /// Cancelled, unpaid.
    Cancelled,
}

/// What happens to a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum TransferEvent {
    /// The request went out.
    Sent,
    /// The platform waits for the leader.
    ConfirmationAsked,
    /// Paid.
    Succeeded,
    /// Closed unpaid.
    Failed,
    /// Cancelled.
    Cancelled,
}

impl TransferState {
    /// The state after `event`, or `None` when the event cannot happen here.
    pub fn after(self, event: TransferEvent) -> Option<TransferState> {
        use TransferEvent as E;
        use TransferState as S;
        Some(match (self, event) {
            (S::Created, E::Sent) => S::Processing,
            (S::Created | S::Processing, E::ConfirmationAsked) => S::WaitingForUser,
            (S::Created | S::Processing | S::WaitingForUser, E::Succeeded) => S::Succeeded,
            (S::Created | S::Processing | S::WaitingForUser, E::Failed) => S::Failed,
            (S::Created | S::Processing | S::WaitingForUser, E::Cancelled) => S::Cancelled,
            _ => return None,
        })
    }

    /// Whether nothing can happen any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

/// What a request at the platform does.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum SharingKind {
    /// Gives receivers their part.
    Share,
    /// Ends sharing; the rest becomes the merchant's.
    Unfreeze,
}

/// Where a sharing request stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum SharingState {
    /// To be sent.
    Created,
    /// Accepted by the platform.
    Processing,
    /// Every receiver has a result.
    Finished,
    /// Refused by the platform; an operator decides.
    Failed,
}

/// What happens to a sharing request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum SharingEvent {
    /// The platform took it.
    Accepted,
    /// Every receiver has a result.
    Finished,
    /// The platform refused it.
    Refused,
    /// An operator sends it again.
    Retried,
}

impl SharingState {
    /// The state after `event`, or `None` when the event cannot happen here.
    pub fn after(self, event: SharingEvent) -> Option<SharingState> {
        use SharingEvent as E;
        use SharingState as S;
        Some(match (self, event) {
            (S::Created, E::Accepted) => S::Processing,
            (S::Created | S::Processing, E::Finished) => S::Finished,
            (S::Created | S::Processing, E::Refused) => S::Failed,
            (S::Failed, E::Retried) => S::Created,
            _ => return None,
        })
    }

    /// Whether nothing can happen any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Finished)
    }
}

/// What came of one receiver's part.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum PartResult {
    /// Not known yet.
    Pending,
    /// Received.
    Succeeded,
    /// Not received: the money is the merchant's and still owed.
    Closed,
}

/// Where a return of a receiver's part stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ReturnState {
    /// To be asked of the platform.
    Created,
    /// Accepted by the platform.
    Processing,
    /// The money is back.
    Succeeded,
    /// It does not come back: the receiver owes it.
    Failed,
}

/// What happens to a return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum ReturnEvent {
    /// The platform took it.
    Accepted,
    /// The money is back.
    Succeeded,
    /// Refused, or the receiver cannot pay.
    Failed,
}

impl ReturnState {
    /// The state after `event`, or `None` when the event cannot happen here.
    pub fn after(self, event: ReturnEvent) -> Option<ReturnState> {
        use ReturnEvent as E;
        use ReturnState as S;
        Some(match (self, event) {
            (S::Created, E::Accepted) => S::Processing,
            (S::Created | S::Processing, E::Succeeded) => S::Succeeded,
            (S::Created | S::Processing, E::Failed) => S::Failed,
            _ => return None,
        })
    }

    /// Whether nothing can happen any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn final_states_of_a_withdrawal_stay_final_and_others_can_go_on() {
        let mut arrows = 0;
        for state in WithdrawalState::iter() {
            let ways = WithdrawalEvent::iter().filter(|event| state.after(*event).is_some()).count();
            assert_eq!(state.is_final(), ways == 0, "{state:?}");
            arrows += ways;
        }
        // Every arrow of the rule's picture and no other.
        assert_eq!(arrows, 8);
    }

    #[test]
    fn final_states_of_a_transfer_stay_final_and_others_can_go_on() {
        let mut arrows = 0;
        for state in TransferState::iter() {
            let ways = TransferEvent::iter().filter(|event| state.after(*event).is_some()).count();
            assert_eq!(state.is_final(), ways == 0, "{state:?}");
            arrows += ways;
        }
        // Every arrow of the rule's picture and no other.
        assert_eq!(arrows, 12);
    }

    #[test]
    fn final_states_of_a_return_stay_final_and_others_can_go_on() {
        let mut arrows = 0;
        for state in ReturnState::iter() {
            let ways = ReturnEvent::iter().filter(|event| state.after(*event).is_some()).count();
            assert_eq!(state.is_final(), ways == 0, "{state:?}");
            arrows += ways;
        }
        // Every arrow of the rule's picture and no other.
        assert_eq!(arrows, 5);
    }

    #[test]
    fn final_states_of_a_sharing_stay_final_and_others_can_go_on() {
        let mut arrows = 0;
        for state in SharingState::iter() {
            let ways = SharingEvent::iter().filter(|event| state.after(*event).is_some()).count();
            assert_eq!(state.is_final(), ways == 0, "{state:?}");
            arrows += ways;
        }
        // Every arrow of the rule's picture and no other.
        assert_eq!(arrows, 6);
    }
}
