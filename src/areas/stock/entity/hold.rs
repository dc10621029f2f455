//! Table `stock_holds`.

use sea_orm::entity::prelude::*;

use crate::areas::stock::state::HoldState;
use kernel::Time;
use kernel::id::{HoldId, OrderId, ShopId, SkuId};

/// Units of one SKU set aside for one order.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_holds")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: HoldId,
    pub shop_id: ShopId,
    pub order_id: OrderId,
    pub sku_id: SkuId,
    pub quantity: i64,
    /// Of a deducted hold, what a refund put back.
    pub returned: i64,
    /// The SKU had no stock count: nothing was taken, nothing goes back.
    pub unlimited: bool,
    pub state: HoldState,
    pub until: Time,
    pub created_at: Time,
    pub settled_at: Option<Time>,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
