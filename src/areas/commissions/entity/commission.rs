//! Table `commissions`.

use sea_orm::entity::prelude::*;

use crate::areas::commissions::state::CommissionKind;
use crate::areas::commissions::state::CommissionState;
use kernel::id::{CommissionId, LeaderId, OrderId, OrderLineId, ShopId};
use kernel::{BasisPoints, Fen, Time};

/// A leader's earning on one order line (R-20 … R-30).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "commissions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CommissionId,
    pub shop_id: ShopId,
    pub order_id: OrderId,
    pub line_id: OrderLineId,
    pub leader_id: LeaderId,
    pub kind: CommissionKind,
    /// 0 for the leader's own, 1 and 2 for referrals.
    pub rank: i32,
    pub base_fen: Fen,
    pub rate_bp: Option<BasisPoints>,
    pub fixed_fen: Option<Fen>,
    pub multiplier_bp: BasisPoints,
    /// Which rule gave the rate, for `explain`.
    #[sea_orm(column_type = "Text")]
    pub rule: String,
    pub amount_fen: Fen,
    pub reversed_fen: Fen,
    pub state: CommissionState,
    /// Another leader took the order over: reversed in full, and kept for the statement alone.
    pub taken_over: bool,
    pub created_at: Time,
    pub released_at: Option<Time>,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
