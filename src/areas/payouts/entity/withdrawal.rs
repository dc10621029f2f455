//! Table `withdrawals`.

use sea_orm::entity::prelude::*;

use crate::areas::payouts::state::WithdrawalChannel;
use crate::areas::payouts::state::WithdrawalState;
use kernel::id::{LeaderId, OperatorId, PayoutBatchId, ShopId, WithdrawalId};
use kernel::{BasisPoints, Fen, Time};

/// A leader's request to be paid.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "withdrawals")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WithdrawalId,
    pub shop_id: ShopId,
    pub leader_id: LeaderId,
    pub channel: WithdrawalChannel,
    pub amount_fen: Fen,
    pub fee_fen: Fen,
    /// The rate of the fee when it was asked for.
    pub fee_bp: BasisPoints,
    pub tax_fen: Fen,
    pub net_fen: Fen,
    /// What the leader had asked for earlier in its month, when tax is withheld.
    pub month_gross_fen: Fen,
    /// What was withheld of that.
    pub month_tax_fen: Fen,
    /// To whom it goes outside WeChat, as it was when asked for.
    #[sea_orm(column_type = "Text", nullable)]
    pub sealed_payee: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub payee_mask: Option<String>,
    /// The sheet that pays it; for good.
    pub batch_id: Option<PayoutBatchId>,
    pub state: WithdrawalState,
    /// The Beijing day it counts against.
    #[sea_orm(column_type = "Text")]
    pub day: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub reason: Option<String>,
    pub decided_by: Option<OperatorId>,
    pub decided_at: Option<Time>,
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
