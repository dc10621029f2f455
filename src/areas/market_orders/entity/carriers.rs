//! Table `store_carriers`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::{ShopId, StoreId};

/// The carriers that a store's platform knows, as it last said.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "store_carriers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub store_id: StoreId,
    pub shop_id: ShopId,
    #[sea_orm(column_type = "JsonBinary")]
    pub carriers: Json,
    /// When it said so (wall time).
    pub read_at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
