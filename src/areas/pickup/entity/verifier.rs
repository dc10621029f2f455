//! Table `verifiers`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::{LeaderId, MemberId, ShopId, VerifierId};

/// A member who may redeem for one leader.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "verifiers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VerifierId,
    pub shop_id: ShopId,
    pub leader_id: LeaderId,
    pub member_id: MemberId,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    pub removed_at: Option<Time>,
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
