//! How an import run moves.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// Where a run stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Pages are being fetched.
    Running,
    /// Out of quota, or stopped by an operator; goes on at its cursor.
    Paused,
    /// Every page was read.
    Done,
    /// The platform refused for good.
    Failed,
}

/// What happens to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum RunEvent {
    /// The budget of the day is spent, or an operator stopped it.
    Paused,
    /// It goes on.
    Resumed,
    /// The last page was read.
    Finished,
    /// The platform refused for good.
    Failed,
}

impl RunState {
    /// The state after `event`, or `None` when the event cannot happen here.
    pub fn after(self, event: RunEvent) -> Option<RunState> {
        use RunEvent as E;
        use RunState as S;
        Some(match (self, event) {
            (S::Running, E::Paused) => S::Paused,
            (S::Paused | S::Failed, E::Resumed) => S::Running,
            (S::Running, E::Finished) => S::Done,
            (S::Running, E::Failed) => S::Failed,
            _ => return None,
        })
    }

    /// Whether nothing can happen any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done)
    }
}

/// Where the copy of a picture stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum CopyState {
    /// To be fetched, now or once more.
    Waiting,
    /// Ours; the goods show it.
    Stored,
    /// Given up; the goods show the platform's.
    Failed,
}

impl CopyState {
    /// Whether it may become `next`.
    pub fn may_become(self, next: CopyState) -> bool {
        matches!((self, next), (Self::Waiting, _) | (Self::Failed, Self::Waiting))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn final_states_of_a_run_stay_final_and_others_can_go_on() {
        let mut arrows = 0;
        for state in RunState::iter() {
            let ways = RunEvent::iter().filter(|event| state.after(*event).is_some()).count();
            assert_eq!(state.is_final(), ways == 0, "{state:?}");
            arrows += ways;
        }
        // Every arrow of the rule's picture and no other.
        assert_eq!(arrows, 5);
    }

    #[test]
    fn a_picture_that_is_ours_is_never_fetched_again() {
        assert!(CopyState::iter().all(|next| !CopyState::Stored.may_become(next)));
        assert!(CopyState::Failed.may_become(CopyState::Waiting) && !CopyState::Failed.may_become(CopyState::Stored));
    }
}
