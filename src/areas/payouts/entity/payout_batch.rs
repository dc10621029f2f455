//! Table `payout_batches`.

use sea_orm::entity::prelude::*;

use crate::areas::payouts::state::{BatchState, WithdrawalChannel};
use kernel::id::{OperatorId, PayoutBatchId, ShopId};
use kernel::{Fen, Time};

/// A sheet of withdrawals that a bank or Alipay pays.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payout_batches")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PayoutBatchId,
    pub shop_id: ShopId,
    pub channel: WithdrawalChannel,
    pub state: BatchState,
    pub rows_count: i32,
    /// What it pays in all.
    pub net_fen: Fen,
    pub created_by: OperatorId,
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
