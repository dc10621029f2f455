//! Table `refunds`.

use sea_orm::entity::prelude::*;

use crate::areas::payments::state::RefundState;
use kernel::id::{OrderId, PaymentId, RechargeId, RefundId, ShopId, TicketId};
use kernel::{Fen, Time};

/// Money going back; the id is the out_refund_no.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refunds")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RefundId,
    pub shop_id: ShopId,
    /// None of a recharge's.
    pub order_id: Option<OrderId>,
    /// None of an order's.
    pub recharge_id: Option<RechargeId>,
    pub payment_id: Option<PaymentId>,
    pub ticket_id: Option<TicketId>,
    pub state: RefundState,
    /// `late_payment`, `member_cancel`, `operator`, `after_sale`, `checkout_incomplete`, `short_delivery` or `recharge`.
    #[sea_orm(column_type = "Text")]
    pub cause: String,
    /// Over all means.
    pub amount_fen: Fen,
    pub wechat_fen: Fen,
    pub balance_fen: Fen,
    pub balance_gift_fen: Fen,
    pub points_back: i64,
    pub restock: bool,
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub request_body: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub platform_refund_id: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub fail_reason: Option<String>,
    /// Wall time.
    pub next_query_at: Option<Time>,
    pub queries: i32,
    pub created_at: Time,
    pub finished_at: Option<Time>,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
