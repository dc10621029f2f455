//! Table `complaint_watches`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::ShopId;

/// When a shop's complaints are read next, and where WeChat sends notices of them.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "complaint_watches")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub shop_id: ShopId,
    /// Of this shop, or of another that signs with the same number.
    #[sea_orm(column_type = "Text", nullable)]
    pub url: Option<String>,
    /// Wall time.
    pub next_at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
