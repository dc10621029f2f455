//! Table `shipping_holds`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::{OrderId, PaymentId, RechargeId, ShopId};

/// One payment that WeChat may keep frozen, and what it says of it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "shipping_holds")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub payment_id: PaymentId,
    pub shop_id: ShopId,
    /// None of a recharge's.
    pub order_id: Option<OrderId>,
    /// None of an order's.
    pub recharge_id: Option<RechargeId>,
    #[sea_orm(column_type = "Text")]
    pub transaction_id: String,
    /// The `order_state` told last.
    pub platform_state: Option<i64>,
    /// The settlement event's own Unix seconds; 0 where it has none yet.
    pub shipped_time: Option<i64>,
    pub estimated_settlement_time: Option<i64>,
    /// The raw number: what it means is not agreed upon, so nothing is decided by it.
    pub confirm_receive_method: Option<i64>,
    pub confirm_receive_time: Option<i64>,
    pub settlement_time: Option<i64>,
    /// Wall time: when we learnt that receipt was confirmed or timed out.
    pub received_at: Option<Time>,
    /// Wall time: when we learnt that the money is free.
    pub settled_at: Option<Time>,
    /// Business time at which the buyer of a parcel is reminded to confirm it.
    pub remind_at: Option<Time>,
    pub reminded_at: Option<Time>,
    /// Wall time.
    pub next_query_at: Option<Time>,
    pub queries: i32,
    pub created_at: Time,
    pub updated_at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
