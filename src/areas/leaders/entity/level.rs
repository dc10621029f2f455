//! Table `leader_levels`.

use sea_orm::entity::prelude::*;

use kernel::id::{LeaderLevelId, ShopId};
use kernel::{BasisPoints, Fen, Time};

/// A leader level.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "leader_levels")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LeaderLevelId,
    pub shop_id: ShopId,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    pub rank: i32,
    pub rate_bp: BasisPoints,
    /// Any one of the three that is named lets a leader rise to it.
    pub from_sales_fen: Option<Fen>,
    pub from_members: Option<i64>,
    pub from_orders: Option<i64>,
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
