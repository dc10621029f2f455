//! Table `stock_warnings`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::{ShopId, SkuId, StockWarningId};

/// The moment a SKU came down to the shop's threshold or below it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_warnings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StockWarningId,
    pub shop_id: ShopId,
    pub sku_id: SkuId,
    /// Units it had left then.
    pub free: i64,
    /// The threshold then.
    pub threshold: i64,
    pub at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
