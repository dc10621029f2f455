//! Table `sharings`.

use sea_orm::entity::prelude::*;

use crate::areas::payouts::state::SharingKind;
use crate::areas::payouts::state::SharingState;
use kernel::id::{OrderId, PaymentId, SharingId, ShopId};
use kernel::{Fen, Time};

/// One profit-sharing or unfreeze request; the id is the out_order_no.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sharings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SharingId,
    pub shop_id: ShopId,
    pub order_id: OrderId,
    pub payment_id: PaymentId,
    #[sea_orm(column_type = "Text")]
    pub transaction_id: String,
    pub kind: SharingKind,
    pub state: SharingState,
    pub amount_fen: Fen,
    #[sea_orm(column_type = "Text", nullable)]
    pub request_body: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub platform_order_id: Option<String>,
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
