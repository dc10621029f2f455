//! Table `skus`, as this area sees it: the count and what decides about it. The goods area owns
//! the other columns; nothing but this area writes `free` once a SKU exists.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::{GoodsId, ShopId, SkuId};

/// The free units of one SKU.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "skus")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SkuId,
    pub shop_id: ShopId,
    pub goods_id: GoodsId,
    /// NULL is unlimited. CHECK (free >= 0).
    pub free: Option<i64>,
    pub removed_at: Option<Time>,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The SKUs of one shop that were not removed: where every query begins.
pub fn on_sale(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop)).filter(Column::RemovedAt.is_null())
}
