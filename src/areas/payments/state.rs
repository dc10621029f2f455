//! How a payment and a refund move.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// Where a payment stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// Nothing was asked of the platform.
    Created,
    /// The request is stored and may have been sent.
    Prepaying,
    /// The member can pay.
    Prepaid,
    /// The order is being closed: no new prepay.
    Closing,
    /// The money came.
    Succeeded,
    /// It can no longer be paid.
    Closed,
}

/// What happens to a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum PaymentEvent {
    /// The request was stored.
    PrepayStarted,
    /// The platform gave a prepay id.
    PrepayAnswered,
    /// The platform refused for good; the request may be built anew.
    PrepayRefused,
    /// The order is to be closed.
    CloseStarted,
    /// The platform gave no clear answer.
    CloseUndone,
    /// The platform says it is paid.
    Paid,
    /// The platform closed it, or never knew it.
    Closed,
}

impl PaymentState {
    /// The state after `event`, or `None` when the event cannot happen here.
    pub fn after(self, event: PaymentEvent) -> Option<PaymentState> {
        use PaymentEvent as E;
        use PaymentState as S;
        Some(match (self, event) {
            (S::Created, E::PrepayStarted) => S::Prepaying,
            (S::Prepaying | S::Prepaid, E::PrepayAnswered) => S::Prepaid,
            (S::Prepaying, E::PrepayRefused) => S::Created,
            (S::Created | S::Prepaying | S::Prepaid, E::CloseStarted) => S::Closing,
            (S::Closing, E::CloseUndone) => S::Prepaid,
            (S::Created | S::Prepaying | S::Prepaid | S::Closing, E::Paid) => S::Succeeded,
            // Money that came after the close is still money: it is recorded and refunded.
            (S::Closed, E::Paid) => S::Succeeded,
            (S::Closing, E::Closed) => S::Closed,
            _ => return None,
        })
    }

    /// Whether nothing can happen any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded)
    }
}

/// Where a refund stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    /// To be asked of the platform.
    Pending,
    /// Accepted by the platform.
    Processing,
    /// The money went back.
    Succeeded,
    /// The payer's card is gone: an operator decides.
    Abnormal,
    /// The platform closed it; the money is still ours.
    Closed,
    /// Refused by the platform; an operator decides.
    Failed,
}

/// What happens to a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum RefundEvent {
    /// The platform took it.
    Accepted,
    /// The platform paid it.
    Succeeded,
    /// The shop paid it outside the platform, and proved it.
    PaidByHand,
    /// The platform could not pay it.
    TurnedAbnormal,
    /// The platform closed it.
    Closed,
    /// The platform refused it.
    Refused,
    /// An operator sends it again with the same number.
    Retried,
}

impl RefundState {
    /// The state after `event`, or `None` when the event cannot happen here.
    pub fn after(self, event: RefundEvent) -> Option<RefundState> {
        use RefundEvent as E;
        use RefundState as S;
        Some(match (self, event) {
            // What was taken for a refusal may have been taken all the same: money that went is believed.
            (S::Pending | S::Failed, E::Accepted) => S::Processing,
            // It goes to another card now.
            (S::Abnormal, E::Accepted) => S::Processing,
            (S::Pending | S::Processing | S::Abnormal | S::Failed | S::Closed, E::Succeeded) => S::Succeeded,
            // What is with the platform, or may yet get there, nobody pays beside it.
            (S::Abnormal | S::Failed | S::Closed, E::PaidByHand) => S::Succeeded,
            (S::Pending | S::Processing | S::Failed, E::TurnedAbnormal) => S::Abnormal,
            (S::Pending | S::Processing | S::Abnormal | S::Failed, E::Closed) => S::Closed,
            (S::Pending, E::Refused) => S::Failed,
            (S::Failed | S::Closed, E::Retried) => S::Pending,
            _ => return None,
        })
    }

    /// Whether nothing can happen any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn final_states_of_a_payment_stay_final_and_others_can_go_on() {
        let mut arrows = 0;
        for state in PaymentState::iter() {
            let ways = PaymentEvent::iter().filter(|event| state.after(*event).is_some()).count();
            assert_eq!(state.is_final(), ways == 0, "{state:?}");
            arrows += ways;
        }
        // Every arrow of the rule's picture and no other.
        assert_eq!(arrows, 14);
    }

    #[test]
    fn final_states_of_a_refund_stay_final_and_others_can_go_on() {
        let mut arrows = 0;
        for state in RefundState::iter() {
            let ways = RefundEvent::iter().filter(|event| state.after(*event).is_some()).count();
            assert_eq!(state.is_final(), ways == 0, "{state:?}");
            arrows += ways;
        }
        // Every arrow of the rule's picture and no other.
        assert_eq!(arrows, 21);
    }

    #[test]
    fn a_refund_is_paid_by_hand_only_where_the_platform_pays_it_no_more() {
        let open = |state: &RefundState| state.after(RefundEvent::PaidByHand).is_some();
        let ways: Vec<_> = RefundState::iter().filter(open).collect();
        assert_eq!(ways, [RefundState::Abnormal, RefundState::Closed, RefundState::Failed]);
        for state in ways {
            assert_eq!(state.after(RefundEvent::PaidByHand), Some(RefundState::Succeeded), "{state:?}");
        }
    }
}
