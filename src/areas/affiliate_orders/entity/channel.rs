//! Table `affiliate_channels`.

use kernel::Time;
use kernel::id::{LeaderId, ShopId};
use sea_orm::entity::prelude::*;

/// A leader's id in a marketplace's own scheme of promoters (Taobao's `relation_id`).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "affiliate_channels")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub shop_id: ShopId,
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub marketplace: String,
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub channel_id: String,
    pub leader_id: LeaderId,
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
