//! How an after-sale ticket moves.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// What a member asks for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum TicketKind {
    /// The money, the goods stay or never came.
    RefundOnly,
    /// The money against the goods.
    ReturnAndRefund,
}

/// Where a ticket stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum TicketState {
    /// Waiting for the shop.
    Requested,
    /// Granted.
    Approved,
    /// Not granted.
    Refused,
    /// Handed to the platform's staff.
    Escalated,
    /// The goods are to come back first.
    AwaitingReturn,
    /// The goods came back.
    Returned,
    /// The money is on its way.
    Refunding,
    /// The money went back.
    Refunded,
    /// The refund failed; an operator decides.
    Failed,
    /// The member gave it up, or there was nothing to wait for any more.
    Withdrawn,
}

/// What happens to a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketEvent {
    /// The shop grants it.
    Approved,
    /// The shop does not.
    Refused,
    /// Somebody asks the platform's staff.
    Escalated,
    /// The member gives it up, or it ends by itself: the goods never came, or were refunded otherwise.
    Withdrawn,
    /// The goods are to come back.
    ReturnAsked,
    /// They did.
    GoodsReturned,
    /// The refund was made.
    RefundStarted,
    /// The money went back.
    RefundSucceeded,
    /// It did not.
    RefundFailed,
}

impl TicketState {
    /// The state after `event`, or `None` when the event cannot happen here.
    pub fn after(self, event: TicketEvent) -> Option<TicketState> {
        use TicketEvent as E;
        use TicketState as S;
        Some(match (self, event) {
            (S::Requested | S::Escalated, E::Approved) => S::Approved,
            // Goods that never come back end a granted return.
            (S::Requested | S::Escalated | S::AwaitingReturn, E::Refused) => S::Refused,
            (S::Requested | S::Refused, E::Escalated) => S::Escalated,
            (S::Requested | S::Escalated | S::AwaitingReturn, E::Withdrawn) => S::Withdrawn,
            (S::Approved, E::ReturnAsked) => S::AwaitingReturn,
            (S::AwaitingReturn, E::GoodsReturned) => S::Returned,
            (S::Approved | S::Returned | S::Failed, E::RefundStarted) => S::Refunding,
            (S::Refunding, E::RefundSucceeded) => S::Refunded,
            (S::Refunding, E::RefundFailed) => S::Failed,
            _ => return None,
        })
    }

    /// Whether nothing can happen any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Refunded | Self::Withdrawn)
    }

    /// Whether its lines are free for another ticket: a refused one may still be escalated, once.
    pub fn is_closed(self) -> bool {
        self.is_final() || self == Self::Refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn final_states_of_a_ticket_stay_final_and_others_can_go_on() {
        let mut arrows = 0;
        for state in TicketState::iter() {
            let ways = TicketEvent::iter().filter(|event| state.after(*event).is_some()).count();
            assert_eq!(state.is_final(), ways == 0, "{state:?}");
            arrows += ways;
        }
        // Every arrow of the rule's picture and no other.
        assert_eq!(arrows, 17);
    }
}
