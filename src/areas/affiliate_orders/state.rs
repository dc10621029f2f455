//! Where an affiliate line stands at its platform, and where the leader's part of it stands here.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// Where a line stands, as its platform says. The platform decides: any status may follow any other.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum LineStatus {
    /// Ordered and not paid in full.
    Ordered,
    /// Paid: the commission is an estimate.
    Estimated,
    /// Received by the buyer or approved: the commission is likely.
    Confirmed,
    /// The platform has paid the commission out.
    Settled,
    /// Earns nothing, or is held against us.
    Invalid,
    /// A status we do not know: kept, never paid on.
    Unknown,
}

/// Where the leader's part of a line stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Share {
    /// Nothing is booked for a leader.
    None,
    /// Booked, held for the shop's `affiliate_hold_days`.
    Pending,
    /// Available to the leader.
    Released,
}

/// What happens to the leader's part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum ShareEvent {
    /// The line was settled.
    Booked,
    /// The hold is over.
    Released,
    /// All of it was taken back before its release.
    Reversed,
}

impl Share {
    /// The state after `event`, or `None` when the event cannot happen here.
    ///
    /// What was released stays released: a later change moves the leader's available money.
    pub fn after(self, event: ShareEvent) -> Option<Share> {
        use Share as S;
        use ShareEvent as E;
        Some(match (self, event) {
            (S::None, E::Booked) => S::Pending,
            (S::Pending, E::Released) => S::Released,
            (S::Pending, E::Reversed) => S::None,
            _ => return None,
        })
    }
}

/// Why an amount of a line was booked.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum BookingKind {
    /// The platform settled, or changed what it settled.
    Settled,
    /// The hold ended.
    Released,
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn a_share_moves_along_three_arrows_alone() {
        let arrows = Share::iter().flat_map(|state| ShareEvent::iter().map(move |event| (state, event)));
        let open: Vec<_> = arrows.filter_map(|(state, event)| Some((state, state.after(event)?))).collect();
        assert_eq!(
            open,
            [(Share::None, Share::Pending), (Share::Pending, Share::Released), (Share::Pending, Share::None)]
        );
    }
}
