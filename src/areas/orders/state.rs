//! How an order moves.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// Where an order stands. Changed only by [`OrderStatus::after`].
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Placed, stock held, not paid.
    PendingPayment,
    /// Paid, waiting for the group to fill.
    AwaitingGroup,
    /// Paid, to be shipped.
    Paid,
    /// On its way.
    Shipped,
    /// At the pickup point.
    Arrived,
    /// In the hands of the member, line by line.
    Received,
    /// Every after-sale window has ended.
    Completed,
    /// Ended: unpaid, or refunded in full.
    Closed,
}

/// Why an order was closed.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ClosedReason {
    /// By the member before payment.
    Cancelled,
    /// Not paid in time.
    TimedOut,
    /// Refunded in full.
    Refunded,
}

/// How the goods reach the member.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum FulfilmentKind {
    /// Collected at a pickup point.
    Pickup,
    /// Brought by the leader.
    LeaderDelivery,
    /// Sent by parcel.
    Express,
}

/// How much of an order went back.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// Nothing.
    None,
    /// A refund is on its way.
    InProgress,
    /// A part went back.
    Partial,
    /// All went back.
    Full,
}

/// What happens to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderEvent {
    /// The money came.
    PaymentReceived,
    /// The money of a group purchase came.
    GroupJoined,
    /// The group is full.
    GroupFilled,
    /// The member gave it up before paying.
    Cancelled,
    /// The time to pay ended.
    TimedOut,
    /// All lines were sent.
    Dispatched,
    /// The goods are at the pickup point.
    ArrivedAtPickupPoint,
    /// The last line was redeemed, confirmed or received by time.
    HandedOver,
    /// The last after-sale window ended.
    WindowsEnded,
    /// All money went back.
    RefundedInFull,
}

impl OrderStatus {
    /// The state after `event`, or `None` when the event cannot happen here.
    pub fn after(self, event: OrderEvent) -> Option<OrderStatus> {
        use OrderEvent as E;
        use OrderStatus as S;
        Some(match (self, event) {
            (S::PendingPayment, E::PaymentReceived) => S::Paid,
            (S::PendingPayment, E::GroupJoined) => S::AwaitingGroup,
            (S::AwaitingGroup, E::GroupFilled) => S::Paid,
            (S::PendingPayment, E::Cancelled | E::TimedOut) => S::Closed,
            (S::Paid, E::Dispatched) => S::Shipped,
            (S::Shipped, E::ArrivedAtPickupPoint) => S::Arrived,
            (S::Shipped | S::Arrived, E::HandedOver) => S::Received,
            (S::Received, E::WindowsEnded) => S::Completed,
            (S::AwaitingGroup | S::Paid | S::Shipped | S::Arrived | S::Received, E::RefundedInFull) => S::Closed,
            _ => return None,
        })
    }

    /// Whether nothing can happen any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn final_states_of_an_order_stay_final_and_others_can_go_on() {
        let mut arrows = 0;
        for state in OrderStatus::iter() {
            let ways = OrderEvent::iter().filter(|event| state.after(*event).is_some()).count();
            assert_eq!(state.is_final(), ways == 0, "{state:?}");
            arrows += ways;
        }
        // Every arrow of the rule's picture and no other.
        assert_eq!(arrows, 15);
    }
}
