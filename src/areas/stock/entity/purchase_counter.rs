//! Table `purchase_counters`.

use sea_orm::entity::prelude::*;

use kernel::id::{GoodsId, MemberId, ShopId};

/// What a member bought of goods in a period, for the limits of R-06.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "purchase_counters")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_id: MemberId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub goods_id: GoodsId,
    /// A Beijing day (`2026-11-23`) or `ever`.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub period: String,
    pub shop_id: ShopId,
    pub used: i64,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
