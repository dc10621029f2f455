//! Table `delivery_lines`.

use sea_orm::entity::prelude::*;

use kernel::id::{DeliveryListId, OrderId, OrderLineId, ShopId, SkuId};

/// One order line on a delivery list; on one open list at most.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery_lines")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub list_id: DeliveryListId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub line_id: OrderLineId,
    pub shop_id: ShopId,
    pub order_id: OrderId,
    pub sku_id: SkuId,
    pub quantity: i64,
    /// Units the leader did not get.
    pub short: i64,
    /// The line while the list is open.
    pub open_line: Option<OrderLineId>,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
