//! Table `goods_regions`.

use sea_orm::entity::prelude::*;

use kernel::id::{GoodsId, PickupPointId, ShopId};

/// A pickup point that sells region-limited goods.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "goods_regions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub goods_id: GoodsId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub pickup_point_id: PickupPointId,
    pub shop_id: ShopId,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
