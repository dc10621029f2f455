//! Table `tickets`.

use sea_orm::entity::prelude::*;

use crate::areas::after_sales::state::TicketKind;
use crate::areas::after_sales::state::TicketState;
use kernel::Time;
use kernel::id::{MemberId, OrderId, RefundId, ShopId, TicketId};

/// An after-sale ticket.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tickets")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TicketId,
    pub shop_id: ShopId,
    pub order_id: OrderId,
    pub member_id: MemberId,
    pub kind: TicketKind,
    pub state: TicketState,
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub photos: Json,
    /// Why it was refused, or ended by itself.
    #[sea_orm(column_type = "Text", nullable)]
    pub answer: Option<String>,
    /// What shows why.
    #[sea_orm(column_type = "JsonBinary")]
    pub answer_photos: Json,
    pub refund_id: Option<RefundId>,
    /// Who carries the goods back.
    #[sea_orm(column_type = "Text", nullable)]
    pub carrier: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub tracking_no: Option<String>,
    pub return_shipped_at: Option<Time>,
    /// Business time at which what the state waits for is no longer waited for.
    pub deadline_at: Option<Time>,
    /// When the platform's judgment was asked for; once.
    pub escalated_at: Option<Time>,
    pub created_at: Time,
    pub updated_at: Time,
    pub closed_at: Option<Time>,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
