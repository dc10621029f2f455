//! Table `exchange_rates`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::{OperatorId, ShopId};

/// What one unit of a currency was worth on a day.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "exchange_rates")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub shop_id: ShopId,
    /// ISO 4217.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub currency: String,
    /// Beijing, as `2026-11-28`.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub day: String,
    /// Millionths of a yuan for one unit.
    pub micro_cny: i64,
    pub operator_id: Option<OperatorId>,
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
