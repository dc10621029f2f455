//! How a delivery list moves.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// Where a list stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ListState {
    /// Gathered, may be printed.
    New,
    /// On its way: its orders are shipped.
    Delivering,
    /// At the pickup point: its orders have arrived.
    Delivered,
}

/// What happens to a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum ListEvent {
    /// It left.
    Departed,
    /// The operator delivered it, or the leader signed for it.
    Delivered,
}

impl ListState {
    /// The state after `event`, or `None` when the event cannot happen here.
    pub fn after(self, event: ListEvent) -> Option<ListState> {
        use ListEvent as E;
        use ListState as S;
        Some(match (self, event) {
            (S::New, E::Departed) => S::Delivering,
            (S::Delivering, E::Delivered) => S::Delivered,
            _ => return None,
        })
    }

    /// Whether nothing can happen any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Delivered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn final_states_of_a_list_stay_final_and_others_can_go_on() {
        let mut arrows = 0;
        for state in ListState::iter() {
            let ways = ListEvent::iter().filter(|event| state.after(*event).is_some()).count();
            assert_eq!(state.is_final(), ways == 0, "{state:?}");
            arrows += ways;
        }
        // Every arrow of the rule's picture and no other.
        assert_eq!(arrows, 2);
    }
}
