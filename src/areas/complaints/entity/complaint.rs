//! Table `complaints`.

use sea_orm::entity::prelude::*;

use crate::areas::complaints::state::ComplaintState;
use kernel::id::{ComplaintId, OrderId, PaymentId, ShopId};
use kernel::{Fen, Time};

/// A complaint that a member filed at WeChat, as told last. All times are wall time.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "complaints")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ComplaintId,
    pub shop_id: ShopId,
    /// WeChat's number.
    #[sea_orm(column_type = "Text")]
    pub complaint_no: String,
    pub state: ComplaintState,
    #[sea_orm(column_type = "Text")]
    pub detail: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub problem_type: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub problem_description: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub sealed_phone: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub phone_mask: Option<String>,
    /// The first of our orders it is about.
    pub order_id: Option<OrderId>,
    pub payment_id: Option<PaymentId>,
    /// The sub-merchant complained about, where it is a supplier's and not the shop's own.
    #[sea_orm(column_type = "Text", nullable)]
    pub merchant_no: Option<String>,
    /// Every payment it is about, with WeChat's numbers.
    #[sea_orm(column_type = "JsonBinary")]
    pub payments: Json,
    /// Where the payer's pictures lie at WeChat.
    #[sea_orm(column_type = "JsonBinary")]
    pub pictures: Json,
    pub apply_refund_fen: Option<Fen>,
    pub full_refunded: bool,
    /// The payer has written and waits.
    pub awaits_answer: bool,
    pub times: i32,
    pub complained_at: Time,
    /// Until when it has to be answered.
    pub deadline_at: Time,
    /// Our first answer.
    pub answered_at: Option<Time>,
    pub completed_at: Option<Time>,
    /// When WeChat's own state was read last; none while only a notice has come.
    pub refreshed_at: Option<Time>,
    pub created_at: Time,
    pub updated_at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Where the payer's pictures lie at WeChat.
    pub fn picture_addresses(&self) -> Vec<String> {
        super::texts(&self.pictures)
    }
}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
