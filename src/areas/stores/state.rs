//! How a store's authorisation moves, and the small words of this area.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// Where a store stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum StoreState {
    /// Entered; nobody has authorised yet.
    Draft,
    /// Works.
    Active,
    /// The platform takes the tokens no more: the merchant must authorise again.
    Reauthorize,
    /// An operator has stopped it.
    Paused,
    /// Taken off; tokens are gone, what was done through it is kept.
    Removed,
}

/// What happens to a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum StoreEvent {
    /// The merchant has authorised.
    Authorised,
    /// The platform has refused the tokens, or the merchant has taken them back.
    Refused,
    /// An operator stops it.
    Paused,
    /// An operator lets it go on.
    Resumed,
    /// An operator takes it off.
    Removed,
}

impl StoreState {
    /// The state after `event`, or `None` when the event cannot happen here.
    pub fn after(self, event: StoreEvent) -> Option<StoreState> {
        use StoreEvent as E;
        use StoreState as S;
        Some(match (self, event) {
            (S::Draft | S::Active | S::Reauthorize | S::Paused, E::Authorised) => S::Active,
            (S::Active | S::Paused, E::Refused) => S::Reauthorize,
            (S::Active, E::Paused) => S::Paused,
            (S::Paused, E::Resumed) => S::Active,
            (S::Draft | S::Active | S::Reauthorize | S::Paused, E::Removed) => S::Removed,
            _ => return None,
        })
    }
}

/// What an operator is bound to a store for.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// Shoppers' questions (客服).
    Service,
    /// Orders.
    Orders,
}

/// How a listed variant came to its SKU.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum MatchedBy {
    /// The SKU was made of it.
    Import,
    /// The merchant's own code is the same.
    Code,
    /// The barcode is the same.
    Barcode,
    /// An operator said so.
    Hand,
}

/// What a platform's message is about.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// Orders changed.
    Orders,
    /// Goods changed.
    Goods,
    /// Stock changed there.
    Stock,
    /// A claim or refund changed.
    Refunds,
    /// The merchant has taken the authorisation back.
    Revoked,
    /// The merchant has authorised or subscribed.
    Authorised,
    /// Buyer data must be shown or erased.
    Privacy,
    /// Something else.
    Other,
}

impl NoticeKind {
    /// Whether an operator must do something about it.
    pub fn is_task(self) -> bool {
        self == NoticeKind::Privacy
    }
}

/// What must be read again.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum HintKind {
    /// Orders; for the order feed.
    Orders,
    /// Goods; for the imports.
    Goods,
    /// What is shown of stock; for the stock channels.
    Stock,
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn a_store_taken_off_stays_off() {
        assert!(StoreEvent::iter().all(|event| StoreState::Removed.after(event).is_none()));
    }

    #[test]
    fn only_the_merchant_brings_a_refused_store_back() {
        let ways: Vec<_> = StoreEvent::iter().filter_map(|event| StoreState::Reauthorize.after(event)).collect();
        assert_eq!(ways, [StoreState::Active, StoreState::Removed]);
        assert_eq!(StoreState::Reauthorize.after(StoreEvent::Resumed), None);
    }
}
