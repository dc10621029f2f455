//! The accounts of the books (docs/rules.md).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// An account of a shop, or of a party within it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// Money at WeChat: paid in, not paid out.
    Clearing,
    /// The merchant's own funds, out of which transfers go.
    MerchantCash,
    /// The platform's revenue: own sales, service and withdrawal fees.
    Revenue,
    /// What the platform bears.
    Loss,
    /// Coupons, points and gifts given away.
    Marketing,
    /// WeChat's fees.
    PaymentFees,
    /// Commission not yet final.
    LeaderPending,
    /// Commission that may be withdrawn.
    LeaderAvailable,
    /// Commission inside a withdrawal.
    LeaderFrozen,
    /// A supplier's part, not yet final.
    SupplierPending,
    /// A supplier's part, due.
    SupplierAvailable,
    /// A supplier's part being paid.
    SupplierFrozen,
    /// Balance a member paid in.
    MemberBalance,
    /// Balance a member was given.
    MemberBalanceGift,
    /// Balance a member has put into orders that are not paid yet.
    MemberHeld,
    /// Money owed to a member: a payment that came too late.
    MemberPayable,
    /// Points a member holds.
    Points,
    /// Points a member has put into orders that are not paid yet.
    PointsHeld,
    /// Points the shop gave out.
    PointsIssued,
    /// Commission a marketplace owes.
    MarketplaceReceivable,
    /// What a party owes the shop.
    PartyReceivable,
    /// Tax withheld.
    TaxPayable,
}

/// What an account counts.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum LedgerUnit {
    /// Fen of CNY.
    CnyFen,
    /// Points.
    Points,
}

impl AccountKind {
    /// Whether the account belongs to one party and keeps a balance row (docs/rules.md).
    pub fn keeps_balance(self) -> bool {
        use AccountKind as A;
        matches!(
            self,
            A::LeaderAvailable
                | A::LeaderFrozen
                | A::SupplierAvailable
                | A::SupplierFrozen
                | A::MemberBalance
                | A::MemberBalanceGift
                | A::Points
        )
    }
}
