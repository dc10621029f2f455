//! Table `payments`.

use sea_orm::entity::prelude::*;

use crate::areas::payments::state::PaymentState;
use kernel::id::{CombinationId, OrderId, PaymentId, RechargeId, ShopId};
use kernel::{Fen, Time};

/// One attempt to collect the money of an order or a recharge; the id is the out_trade_no. Of the attempts for one thing one is
/// open at most: a number that can no longer be paid is followed by another.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentId,
    pub shop_id: ShopId,
    /// None of a recharge's.
    pub order_id: Option<OrderId>,
    /// None of an order's.
    pub recharge_id: Option<RechargeId>,
    /// The attempt it is part of, where several orders are paid at once.
    pub combination_id: Option<CombinationId>,
    /// The sub-merchant that receives the money; the shop's own where none is named.
    #[sea_orm(column_type = "Text", nullable)]
    pub merchant_no: Option<String>,
    pub state: PaymentState,
    pub amount_fen: Fen,
    #[sea_orm(column_type = "Text")]
    pub payer_openid: String,
    /// The exact bytes sent, so that a repeat is identical.
    #[sea_orm(column_type = "Text", nullable)]
    pub request_body: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub prepay_id: Option<String>,
    /// Wall time: a prepay id lives two hours.
    pub prepaid_at: Option<Time>,
    #[sea_orm(column_type = "Text", nullable)]
    pub transaction_id: Option<String>,
    /// Business time of our own stamp.
    pub paid_at: Option<Time>,
    /// The platform's success_time.
    pub platform_paid_at: Option<Time>,
    pub payer_total_fen: Option<Fen>,
    /// Whether it was paid after the order was closed.
    pub late: bool,
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
