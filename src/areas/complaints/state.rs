//! Where complaints and the shop's actions stand.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// Where a complaint stands, by WeChat's own word: it alone moves it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ComplaintState {
    /// Nobody has answered.
    Pending,
    /// Being dealt with.
    Processing,
    /// Ended.
    Processed,
}

/// What the shop does.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Answers.
    Reply,
    /// Says that it is dealt with.
    Complete,
    /// Promises a refund.
    PromiseRefund,
    /// Refuses a refund.
    RefuseRefund,
}

/// Where an action stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ActionState {
    /// To be sent.
    Waiting,
    /// WeChat has it.
    Done,
    /// WeChat refused it.
    Refused,
}

/// What happens to an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum ActionEvent {
    /// WeChat took it.
    Taken,
    /// WeChat refused it.
    Refused,
}

impl ActionState {
    /// The state after `event`, or `None` when the event cannot happen here.
    pub fn after(self, event: ActionEvent) -> Option<ActionState> {
        match (self, event) {
            (Self::Waiting, ActionEvent::Taken) => Some(Self::Done),
            (Self::Waiting, ActionEvent::Refused) => Some(Self::Refused),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn an_action_ends_once() {
        for state in ActionState::iter() {
            for event in ActionEvent::iter() {
                assert_eq!(state.after(event).is_some(), state == ActionState::Waiting, "{state:?} {event:?}");
            }
        }
    }
}
