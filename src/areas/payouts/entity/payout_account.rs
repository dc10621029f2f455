//! Table `payout_accounts`.

use sea_orm::entity::prelude::*;

use crate::areas::payouts::state::WithdrawalChannel;
use kernel::Time;
use kernel::id::{LeaderId, PayoutAccountId, ShopId};

/// Where a leader is paid outside WeChat; one of each kind.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payout_accounts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PayoutAccountId,
    pub shop_id: ShopId,
    pub leader_id: LeaderId,
    pub channel: WithdrawalChannel,
    #[sea_orm(column_type = "Text")]
    pub sealed: String,
    #[sea_orm(column_type = "Text")]
    pub mask: String,
    pub created_at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
