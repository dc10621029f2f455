//! Table `stock_movements`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::{OperatorId, OrderId, ShopId, SkuId, StockMovementId};

/// A change of a SKU's stock that is not a hold: initial, correction, restock.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_movements")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StockMovementId,
    pub shop_id: ShopId,
    pub sku_id: SkuId,
    pub delta: i64,
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    pub order_id: Option<OrderId>,
    pub operator_id: Option<OperatorId>,
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
