//! What a supplier is: whether it sells, on which terms, and how it is paid.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// Whether a supplier's goods are sold.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum SupplierState {
    /// They are.
    Enabled,
    /// They are not, and nothing is paid out; orders made before go on.
    Frozen,
}

/// What a supplier gets for a line.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Terms {
    /// What is left of the line after the shop's fee and the commissions.
    ServiceFee,
    /// A price a unit, kept with the SKU.
    SettlementPrice,
}

/// How a supplier is paid.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Payout {
    /// Its part of each order is shared to its merchant number.
    Sharing,
    /// A statement's money is transferred to a person's WeChat.
    Transfer,
    /// Somebody pays a statement and keeps the proof.
    Manual,
}
