//! Table `shipping_uploads`.

use sea_orm::entity::prelude::*;

use crate::areas::shipping::state::{Logistics, UploadKind, UploadState};
use crate::areas::shipping::subject::Subject;
use kernel::Time;
use kernel::id::{OrderId, PaymentId, RechargeId, ShippingUploadId, ShopId};

/// What WeChat is told of one payment's shipping, be it of an order or of a recharge: once, and once more to correct it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "shipping_uploads")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ShippingUploadId,
    pub shop_id: ShopId,
    /// None of a recharge's.
    pub order_id: Option<OrderId>,
    /// None of an order's.
    pub recharge_id: Option<RechargeId>,
    pub payment_id: PaymentId,
    #[sea_orm(column_type = "Text")]
    pub transaction_id: String,
    pub kind: UploadKind,
    pub state: UploadState,
    pub logistics: Logistics,
    /// The exact bytes under way, so that a repeat is identical; none while nothing is.
    #[sea_orm(column_type = "Text", nullable)]
    pub request_body: Option<String>,
    /// The order lines those bytes tell of.
    #[sea_orm(column_type = "JsonBinary")]
    pub request_lines: Json,
    /// Whether everything is sent with them.
    pub request_is_last: bool,
    /// The bytes WeChat took last.
    #[sea_orm(column_type = "Text", nullable)]
    pub recorded_body: Option<String>,
    /// The order lines WeChat knows to be sent.
    #[sea_orm(column_type = "JsonBinary")]
    pub recorded_lines: Json,
    pub attempts: i32,
    /// How often WeChat did not know the payment (yet).
    pub unknown_answers: i32,
    /// The last refusal.
    pub errcode: Option<i64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub errmsg: Option<String>,
    /// Wall time, where WeChat asked for patience.
    pub next_try_at: Option<Time>,
    /// Wall time: the last `upload_time`; the next is later.
    pub uploaded_at: Option<Time>,
    /// Wall time: when WeChat took the last of it.
    pub recorded_at: Option<Time>,
    pub created_at: Time,
    pub updated_at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// What the payment was for.
    pub fn subject(&self) -> Option<Subject> {
        Subject::of(self.order_id, self.recharge_id)
    }
}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
