//! Table `receiver_removals`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::{ReceiverRemovalId, ShopId};

/// A receiver that left its party and is to be taken off the platform's list.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "receiver_removals")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReceiverRemovalId,
    pub shop_id: ShopId,
    #[sea_orm(column_type = "Text")]
    pub receiver_type: String,
    #[sea_orm(column_type = "Text")]
    pub account: String,
    /// `removed`, `kept` because another party uses the account, or the platform's refusal.
    #[sea_orm(column_type = "Text", nullable)]
    pub outcome: Option<String>,
    pub created_at: Time,
    pub finished_at: Option<Time>,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
