//! How a commission moves.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// What a commission is for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum CommissionKind {
    /// The leader's own sale.
    Own,
    /// A recommended leader's sale.
    Referral,
    /// The fee of leader delivery.
    Delivery,
}

/// Where a commission stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum CommissionState {
    /// Created at payment, not final.
    Pending,
    /// The after-sale window ended.
    Released,
    /// All of it went back with a refund, or another leader took the order over.
    Reversed,
}

/// What happens to a commission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum CommissionEvent {
    /// The line's window ended.
    Released,
    /// The line was refunded in full.
    ReversedInFull,
    /// Another leader took the order over.
    TakenOver,
}

impl CommissionState {
    /// The state after `event`, or `None` when the event cannot happen here.
    pub fn after(self, event: CommissionEvent) -> Option<CommissionState> {
        use CommissionEvent as E;
        use CommissionState as S;
        Some(match (self, event) {
            (S::Pending, E::Released) => S::Released,
            (S::Pending, E::ReversedInFull | E::TakenOver) => S::Reversed,
            _ => return None,
        })
    }

    /// Whether nothing can happen any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Released | Self::Reversed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn final_states_of_a_commission_stay_final_and_others_can_go_on() {
        let mut arrows = 0;
        for state in CommissionState::iter() {
            let ways = CommissionEvent::iter().filter(|event| state.after(*event).is_some()).count();
            assert_eq!(state.is_final(), ways == 0, "{state:?}");
            arrows += ways;
        }
        // Every arrow of the rule's picture and no other.
        assert_eq!(arrows, 3);
    }
}
