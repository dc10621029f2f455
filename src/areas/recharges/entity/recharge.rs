//! Table `recharges`.

use sea_orm::entity::prelude::*;

use crate::areas::recharges::state::RechargeState;
use kernel::id::{MemberId, RechargeId, RechargePlanId, ShopId};
use kernel::{Fen, Time};

/// A member pays balance in. Amounts are frozen when it is made.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recharges")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RechargeId,
    pub shop_id: ShopId,
    pub member_id: MemberId,
    /// None of a free amount.
    pub plan_id: Option<RechargePlanId>,
    pub state: RechargeState,
    pub amount_fen: Fen,
    pub gift_fen: Fen,
    /// Principal that was taken out of the balance to go back to where it was paid.
    pub refunded_fen: Fen,
    /// The gift taken back with it.
    pub gift_back_fen: Fen,
    pub expires_at: Time,
    /// Wall time: when closing it is tried again, after WeChat gave no clear answer.
    pub next_close_at: Option<Time>,
    pub paid_at: Option<Time>,
    pub closed_at: Option<Time>,
    pub created_at: Time,
    pub updated_at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whether it was paid, and not all of its principal has gone back to where it was paid.
    pub fn has_unreturned(&self) -> bool {
        self.state == RechargeState::Paid && self.refunded_fen < self.amount_fen
    }
}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
