//! Table `order_events`.

use sea_orm::entity::prelude::*;

use crate::areas::orders::state::OrderStatus;
use kernel::Time;
use kernel::id::{OrderEventId, OrderId, ShopId};

/// One entry of an order's timeline.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderEventId,
    pub shop_id: ShopId,
    pub order_id: OrderId,
    #[sea_orm(column_type = "Text")]
    pub event: String,
    pub from_status: Option<OrderStatus>,
    pub to_status: OrderStatus,
    /// `member`, `leader`, `operator`, `system` or `wechat`, with the id after a colon where there is one.
    #[sea_orm(column_type = "Text")]
    pub actor: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub note: Option<String>,
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
