//! Table `category_mappings`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::{CategoryId, ShopId};

/// A marketplace's category, and ours for it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "category_mappings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub shop_id: ShopId,
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub marketplace: String,
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub external_category: String,
    pub category_id: CategoryId,
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
