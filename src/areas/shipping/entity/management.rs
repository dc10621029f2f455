//! Table `trade_managements`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::ShopId;

/// Whether a shop's mini-program is under trade management. All times are wall time.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "trade_managements")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub shop_id: ShopId,
    pub managed: bool,
    pub asked_at: Time,
    /// When WeChat was last asked for what is not shipped.
    pub listed_at: Time,
    /// The carriers as WeChat names them.
    #[sea_orm(column_type = "JsonBinary")]
    pub carriers: Json,
    pub carriers_at: Option<Time>,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
