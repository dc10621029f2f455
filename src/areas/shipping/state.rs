//! How shipping information moves.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// The first telling, or the one correction a payment may have.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum UploadKind {
    /// What was sent.
    Upload,
    /// What was said wrong before.
    Correction,
}

/// How the goods travel, in WeChat's kinds.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Logistics {
    /// By parcel.
    Express,
    /// Brought within the city.
    City,
    /// Collected by the member.
    Pickup,
    /// Nothing travels: balance that was paid in.
    Virtual,
}

/// Where shipping information stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum UploadState {
    /// To be told.
    Waiting,
    /// Some parcels are told, more are to come.
    Partial,
    /// WeChat knows all.
    Recorded,
    /// WeChat refused for good.
    Refused,
    /// Not needed: nothing is frozen, or all went back.
    Skipped,
}

/// What happens to shipping information.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UploadEvent {
    /// WeChat took some parcels.
    PartTaken,
    /// WeChat took the last of it.
    AllTaken,
    /// WeChat refused.
    Refused,
    /// It turned out not to be needed.
    NotNeeded,
    /// It is to be told anew, because WeChat does not have it.
    WantedAgain,
}

impl UploadState {
    /// The state after `event`, or `None` when the event cannot happen here.
    pub fn after(self, event: UploadEvent) -> Option<UploadState> {
        use UploadEvent as E;
        use UploadState as S;
        Some(match (self, event) {
            (S::Waiting | S::Partial, E::PartTaken) => S::Partial,
            (S::Waiting | S::Partial, E::AllTaken) => S::Recorded,
            (S::Waiting | S::Partial, E::Refused) => S::Refused,
            (S::Waiting | S::Partial, E::NotNeeded) => S::Skipped,
            (S::Recorded | S::Refused | S::Skipped, E::WantedAgain) => S::Waiting,
            _ => return None,
        })
    }

    /// Whether something may be to be sent.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Partial)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn shipping_information_is_told_while_open_and_anew_when_wanted_again() {
        let mut arrows = 0;
        for state in UploadState::iter() {
            for event in UploadEvent::iter() {
                let next = state.after(event);
                assert_eq!(
                    next.is_some(),
                    state.is_open() != (event == UploadEvent::WantedAgain),
                    "{state:?} {event:?}"
                );
                arrows += usize::from(next.is_some());
            }
        }
        // Every arrow of the rule's picture and no other.
        assert_eq!(arrows, 11);
    }
}
