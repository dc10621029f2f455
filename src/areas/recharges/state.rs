//! How a recharge moves.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// Where a recharge stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum RechargeState {
    /// Made, not paid.
    PendingPayment,
    /// The money came, and the balance has it.
    Paid,
    /// Not paid in time, or paid above the ceiling and sent back.
    Closed,
}

/// What happens to a recharge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum RechargeEvent {
    /// The money came.
    Paid,
    /// The time to pay ended, or the money cannot be had as balance.
    Closed,
}

impl RechargeState {
    /// The state after `event`, or `None` when the event cannot happen here.
    pub fn after(self, event: RechargeEvent) -> Option<RechargeState> {
        use RechargeEvent as E;
        use RechargeState as S;
        Some(match (self, event) {
            (S::PendingPayment, E::Paid) => S::Paid,
            (S::PendingPayment, E::Closed) => S::Closed,
            _ => return None,
        })
    }

    /// Whether nothing can happen any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Paid | Self::Closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn final_states_of_a_recharge_stay_final_and_others_can_go_on() {
        let mut arrows = 0;
        for state in RechargeState::iter() {
            let ways = RechargeEvent::iter().filter(|event| state.after(*event).is_some()).count();
            assert_eq!(state.is_final(), ways == 0, "{state:?}");
            arrows += ways;
        }
        assert_eq!(arrows, 2);
    }
}
