//! Table `leader_identities`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::{LeaderId, ShopId};

/// Who a leader is to the tax office.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "leader_identities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub leader_id: LeaderId,
    pub shop_id: ShopId,
    #[sea_orm(column_type = "Text")]
    pub sealed: String,
    /// What the same number is known by, without telling it.
    #[sea_orm(column_type = "Text")]
    pub id_index: String,
    #[sea_orm(column_type = "Text")]
    pub name_mask: String,
    #[sea_orm(column_type = "Text")]
    pub id_mask: String,
    pub created_at: Time,
    pub updated_at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
