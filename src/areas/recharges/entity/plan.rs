//! Table `recharge_plans`.

use sea_orm::entity::prelude::*;

use kernel::id::{RechargePlanId, ShopId};
use kernel::{Fen, Time};

/// An amount that may be paid in, and what is given on top.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recharge_plans")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RechargePlanId,
    pub shop_id: ShopId,
    pub amount_fen: Fen,
    pub gift_fen: Fen,
    pub enabled: bool,
    /// Plans are shown by it, the lowest first.
    pub position: i32,
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
