//! How a stock hold moves.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// Where a hold stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum HoldState {
    /// Set aside for an unpaid order.
    Held,
    /// Sold: the order is paid.
    Deducted,
    /// Given back: the order was closed unpaid.
    Released,
}

/// What happens to a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum HoldEvent {
    /// The order is paid.
    Paid,
    /// The order was closed unpaid.
    GivenBack,
}

impl HoldState {
    /// The state after `event`, or `None` when it cannot happen here.
    pub fn after(self, event: HoldEvent) -> Option<HoldState> {
        use HoldEvent as E;
        use HoldState as S;
        Some(match (self, event) {
            (S::Held, E::Paid) => S::Deducted,
            (S::Held, E::GivenBack) => S::Released,
            _ => return None,
        })
    }

    /// Whether nothing can happen any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Deducted | Self::Released)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn final_states_of_a_hold_stay_final_and_others_can_go_on() {
        let mut arrows = 0;
        for state in HoldState::iter() {
            let ways = HoldEvent::iter().filter(|event| state.after(*event).is_some()).count();
            assert_eq!(state.is_final(), ways == 0, "{state:?}");
            arrows += ways;
        }
        // Every arrow of the rule's picture and no other.
        assert_eq!(arrows, 2);
    }
}
