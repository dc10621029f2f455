//! Table `withdrawal_counters`.

use sea_orm::entity::prelude::*;

use kernel::Fen;
use kernel::id::{LeaderId, ShopId};

/// What a leader asked for on a day, for the daily limits.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "withdrawal_counters")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub leader_id: LeaderId,
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub day: String,
    pub shop_id: ShopId,
    pub count: i32,
    pub sum_fen: Fen,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
