//! Table `leader_bindings`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::{LeaderId, MemberId, ShopId};

/// Which leader a member belonged to, and since when.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "leader_bindings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_id: MemberId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub bound_at: Time,
    pub shop_id: ShopId,
    pub leader_id: LeaderId,
    #[sea_orm(column_type = "Text")]
    pub source: String,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
