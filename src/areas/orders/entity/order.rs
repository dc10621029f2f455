//! Table `orders`.

use sea_orm::entity::prelude::*;

use crate::areas::orders::state::ClosedReason;
use crate::areas::orders::state::FulfilmentKind;
use crate::areas::orders::state::OrderStatus;
use crate::areas::orders::state::RefundStatus;
use kernel::id::{CheckoutId, CouponId, LeaderId, MemberId, OrderId, PickupPointId, ShopId, SupplierId};
use kernel::{Fen, Time};

/// One order of one member. Amounts are frozen when it is placed and never recomputed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "orders")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderId,
    pub shop_id: ShopId,
    pub member_id: MemberId,
    pub status: OrderStatus,
    pub closed_reason: Option<ClosedReason>,
    pub fulfilment: FulfilmentKind,
    pub pickup_point_id: Option<PickupPointId>,
    pub leader_id: Option<LeaderId>,
    /// A sealed snapshot of the address, with its masked view.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub address: Option<Json>,
    /// The orders it was placed with, where it was.
    pub checkout_id: Option<CheckoutId>,
    /// The supplier whose own merchant collects its money; none where the shop's does.
    pub merchant_id: Option<SupplierId>,
    /// That merchant's number, as it was when the order was placed.
    #[sea_orm(column_type = "Text", nullable)]
    pub merchant_no: Option<String>,
    pub goods_fen: Fen,
    pub spend_and_save_fen: Fen,
    pub coupon_fen: Fen,
    pub points_used: i64,
    pub points_fen: Fen,
    pub shipping_fen: Fen,
    pub packing_fen: Fen,
    /// Paid by balance: principal and gift together.
    pub balance_fen: Fen,
    pub balance_gift_fen: Fen,
    /// What the payment service collects.
    pub payable_fen: Fen,
    /// Money given back over all means.
    pub refunded_fen: Fen,
    pub refund_status: RefundStatus,
    #[sea_orm(column_type = "Text", nullable)]
    pub remark: Option<String>,
    pub coupon_id: Option<CouponId>,
    /// Whether the payment was flagged so that it can be shared.
    pub profit_sharing: bool,
    /// Whether it holds goods for new buyers, judged again at payment.
    pub for_new_buyers: bool,
    /// Set when paid; unique in the shop.
    #[sea_orm(column_type = "Text", nullable)]
    pub pickup_code: Option<String>,
    pub expires_at: Time,
    /// Wall time: when closing it is tried again, after WeChat gave no clear answer.
    pub next_close_at: Option<Time>,
    pub paid_at: Option<Time>,
    pub shipped_at: Option<Time>,
    pub arrived_at: Option<Time>,
    pub received_at: Option<Time>,
    pub completed_at: Option<Time>,
    pub closed_at: Option<Time>,
    pub created_at: Time,
    pub updated_at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whose clearing its money lies in: a supplier's that collects itself, else the shop's.
    pub fn clearing(&self) -> Option<Uuid> {
        self.merchant_id.map(SupplierId::uuid)
    }
}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
