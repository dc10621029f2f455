//! Where a line's stock stands.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// What the store knows of a line's stock.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// Nothing was told yet.
    New,
    /// The store shows what it was told.
    Told,
    /// The platform has taken a number in and will show it; it is looked at again.
    Accepted,
    /// The platform refused the last number; it is told again after a pause.
    Refused,
    /// Refused too often: an operator replays it.
    Dead,
}

/// What becomes of a difference.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Mending {
    /// The store is told the right number.
    Pushed,
    /// It shows less, as after a sale that we have not heard of: its orders are read first.
    OrdersFirst,
}
