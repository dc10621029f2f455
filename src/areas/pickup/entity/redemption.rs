//! Table `redemptions`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::{LeaderId, MemberId, OrderId, RedemptionId, ShopId};

/// A hand-over against a pickup code: who, when, what.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "redemptions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RedemptionId,
    pub shop_id: ShopId,
    pub order_id: OrderId,
    pub leader_id: LeaderId,
    /// Who redeemed.
    pub member_id: MemberId,
    /// Line id and quantity.
    #[sea_orm(column_type = "JsonBinary")]
    pub lines: Json,
    pub at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
