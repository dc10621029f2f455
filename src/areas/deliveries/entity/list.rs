//! Table `delivery_lists`.

use sea_orm::entity::prelude::*;

use crate::areas::deliveries::state::ListState;
use kernel::Time;
use kernel::id::{DeliveryListId, LeaderId, ShopId};

/// Goods on their way to one leader.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery_lists")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeliveryListId,
    pub shop_id: ShopId,
    pub leader_id: LeaderId,
    pub state: ListState,
    pub until: Time,
    pub created_at: Time,
    pub departed_at: Option<Time>,
    pub delivered_at: Option<Time>,
    pub received_at: Option<Time>,
    #[sea_orm(column_type = "Text", nullable)]
    pub note: Option<String>,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
