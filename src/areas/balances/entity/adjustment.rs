//! Table `balance_adjustments`.

use sea_orm::entity::prelude::*;

use kernel::id::{AdjustmentId, MemberId, OperatorId, ShopId};
use kernel::{Fen, Time};

/// An operator gave a member balance or points, or took them away.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "balance_adjustments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AdjustmentId,
    pub shop_id: ShopId,
    pub member_id: MemberId,
    pub operator_id: OperatorId,
    /// What the gift part of the balance gained; below zero what it lost.
    pub gift_fen: Fen,
    /// What the points gained; below zero what they lost.
    pub points: i64,
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    pub created_at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
