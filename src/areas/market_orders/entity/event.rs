//! Table `market_order_events`.

use sea_orm::entity::prelude::*;

use crate::areas::market_orders::state::EventKind;
use kernel::Time;
use kernel::id::{MarketOrderEventId, MarketOrderId, ShopId};

/// One entry of an order's timeline.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "market_order_events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MarketOrderEventId,
    pub shop_id: ShopId,
    pub order_id: MarketOrderId,
    pub kind: EventKind,
    /// `platform`, `system` or `operator:opr_…`.
    #[sea_orm(column_type = "Text")]
    pub actor: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub detail: Json,
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
