//! Where a store's order stands with us and at its platform.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $word:ident,)+ })+) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
        )]
        #[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$of])* $word,)+ }
    )+};
}

words! {
    /// How far we are with an order.
    OrderState {
        /// Read; an operator confirms it.
        Draft,
        /// To be sent.
        Confirmed,
        /// Sent, by us or by others.
        Shipped,
        /// Received, over.
        Done,
        /// Ended without delivery, or refunded whole.
        Cancelled,
    }

    /// Where it stands at the platform, in our words.
    RemoteState {
        /// Placed, not paid.
        Unpaid,
        /// Paid, nothing sent.
        PaidUnshipped,
        /// Some of it sent.
        PartShipped,
        /// All of it sent.
        Shipped,
        /// Received, over.
        Done,
        /// Ended without delivery, or refunded whole.
        Cancelled,
        /// The buyer asks for money back.
        Refunding,
        /// The platform holds it back.
        Held,
        /// A status we do not know.
        Unknown,
    }

    /// Who ended a cancelled order.
    EndedBy {
        /// The platform said so.
        Platform,
        /// An operator of ours.
        Operator,
    }

    /// What becomes of units that a platform sold and we no longer had. None is ever taken below zero.
    Oversold {
        /// The line waits and takes its units as soon as there are any, the oldest first.
        Wait,
        /// An operator decides.
        Review,
        /// An operator is asked to cancel the order at the platform.
        Cancel,
    }

    /// How a line came to its SKU.
    LineMatch {
        /// By the store's listing.
        Listing,
        /// By the merchant's own code.
        Code,
        /// By the barcode.
        Barcode,
        /// An operator said so.
        Hand,
    }

    /// Where a parcel stands.
    ShipmentState {
        /// The platform is to be told.
        Pending,
        /// The platform knows it.
        Told,
        /// The platform refused it: an operator looks, and replays or corrects it.
        Refused,
        /// The platform is not told: it cannot be, or the merchant does not want it.
        HereOnly,
    }

    /// What an order's timeline tells.
    EventKind {
        /// Read for the first time.
        Seen,
        /// The platform told something new.
        Changed,
        /// An operator confirmed it.
        Confirmed,
        /// An operator sent a parcel.
        Shipped,
        /// The platform took a parcel.
        Told,
        /// The platform refused a parcel.
        Refused,
        /// It was cancelled.
        Cancelled,
        /// What was cancelled goes on.
        Reopened,
        /// Received, over.
        Done,
        /// A line was given another SKU.
        Matched,
        /// Units were taken that had been missing.
        Filled,
        /// An operator's note.
        Noted,
        /// An operator saw the receiver.
        Revealed,
        /// The receiver was erased.
        Erased,
    }
}

impl RemoteState {
    /// Whether an order in this state holds its units: sold, and not given back. `None`: as before.
    pub fn claims(self) -> Option<bool> {
        use RemoteState as S;
        match self {
            S::PaidUnshipped | S::PartShipped | S::Shipped | S::Done | S::Held | S::Refunding => Some(true),
            S::Unpaid | S::Cancelled => Some(false),
            S::Unknown => None,
        }
    }
}

/// What happens to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum OrderEvent {
    /// An operator confirms it.
    Confirmed,
    /// All of it was sent.
    Shipped,
    /// The buyer has it.
    Done,
    /// It ends without delivery.
    Cancelled,
    /// The platform says that what it had cancelled goes on.
    Reopened,
}

impl OrderState {
    /// The state after `event`, or `None` when the event cannot happen here.
    ///
    /// The platform may jump: an order that others send and the buyer receives between two readings goes
    /// from draft to done. What is done stays done; a refund after that shows in the platform's state.
    pub fn after(self, event: OrderEvent) -> Option<OrderState> {
        use OrderEvent as E;
        use OrderState as S;
        Some(match (self, event) {
            (S::Draft, E::Confirmed) => S::Confirmed,
            (S::Draft | S::Confirmed, E::Shipped) => S::Shipped,
            (S::Draft | S::Confirmed | S::Shipped, E::Done) => S::Done,
            (S::Draft | S::Confirmed | S::Shipped, E::Cancelled) => S::Cancelled,
            (S::Cancelled, E::Reopened) => S::Draft,
            _ => return None,
        })
    }

    /// Whether nothing has been sent and something shall be.
    pub fn is_before_shipping(self) -> bool {
        matches!(self, OrderState::Draft | OrderState::Confirmed)
    }

    /// Whether it is over for us.
    pub fn is_over(self) -> bool {
        matches!(self, OrderState::Done | OrderState::Cancelled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn what_is_done_stays_done_and_only_a_draft_is_confirmed() {
        assert!(OrderEvent::iter().all(|event| OrderState::Done.after(event).is_none()));
        let confirmable: Vec<_> =
            OrderState::iter().filter(|state| state.after(OrderEvent::Confirmed).is_some()).collect();
        assert_eq!(confirmable, [OrderState::Draft]);
    }

    #[test]
    fn a_cancelled_order_goes_on_as_a_draft_alone() {
        let ways: Vec<_> = OrderEvent::iter().filter_map(|event| OrderState::Cancelled.after(event)).collect();
        assert_eq!(ways, [OrderState::Draft]);
    }
}
