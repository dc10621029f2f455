//! Table `import_refusals`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::{ImportId, ImportRefusalId, ShopId};

/// Goods that an import did not take.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_refusals")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ImportRefusalId,
    pub shop_id: ShopId,
    pub run_id: ImportId,
    #[sea_orm(column_type = "Text", nullable)]
    pub external_id: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub title: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub reason: String,
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
