//! How a leader and an application move.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// Where an application stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ApplicationState {
    /// Waiting.
    Pending,
    /// Granted.
    Approved,
    /// Not granted; a new one may follow.
    Rejected,
}

/// What an operator decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum Decision {
    /// Granted.
    Approve,
    /// Not granted.
    Reject,
}

impl ApplicationState {
    /// The state after the decision, or `None` when it was decided already.
    pub fn after(self, event: Decision) -> Option<ApplicationState> {
        use ApplicationState as S;
        use Decision as E;
        Some(match (self, event) {
            (S::Pending, E::Approve) => S::Approved,
            (S::Pending, E::Reject) => S::Rejected,
            _ => return None,
        })
    }

    /// Whether nothing can happen any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Approved | Self::Rejected)
    }
}

/// Whether a leader may work.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum LeaderState {
    /// Takes orders.
    Enabled,
    /// Takes none, and cannot withdraw.
    Frozen,
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn final_states_of_an_application_stay_final_and_others_can_go_on() {
        let mut arrows = 0;
        for state in ApplicationState::iter() {
            let ways = Decision::iter().filter(|event| state.after(*event).is_some()).count();
            assert_eq!(state.is_final(), ways == 0, "{state:?}");
            arrows += ways;
        }
        // Every arrow of the rule's picture and no other.
        assert_eq!(arrows, 2);
    }
}
