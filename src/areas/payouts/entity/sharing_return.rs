//! Table `sharing_returns`.

use sea_orm::entity::prelude::*;

use crate::areas::payouts::state::ReturnState;
use kernel::id::{RefundId, SharingId, SharingPartId, SharingReturnId, ShopId};
use kernel::{Fen, Time};

/// A merchant receiver's part on its way back; the id is the out_return_no.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sharing_returns")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SharingReturnId,
    pub shop_id: ShopId,
    pub part_id: SharingPartId,
    /// The share's out_order_no.
    pub sharing_id: SharingId,
    /// The refund that wants it.
    pub refund_id: RefundId,
    pub party_id: Uuid,
    #[sea_orm(column_type = "Text")]
    pub return_mchid: String,
    pub amount_fen: Fen,
    /// Of one that failed: what later releases of the party have made good.
    pub netted_fen: Fen,
    pub state: ReturnState,
    #[sea_orm(column_type = "Text", nullable)]
    pub platform_return_id: Option<String>,
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
