//! The two kinds of goods, never mixed up (docs/rules.md).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// Who sells the goods.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ListingKind {
    /// Our shop: our stock, order and payment.
    Own,
    /// A marketplace: the shopper jumps out, the platform sells and settles.
    Affiliate,
}
