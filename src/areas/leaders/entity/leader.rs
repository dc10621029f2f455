//! Table `leaders`.

use sea_orm::entity::prelude::*;

use crate::areas::leaders::state::LeaderState;
use kernel::id::{LeaderId, LeaderLevelId, MemberId, ShopId};
use kernel::{BasisPoints, Time};

/// A group leader.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "leaders")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LeaderId,
    pub shop_id: ShopId,
    pub member_id: MemberId,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub sealed_phone: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub phone_mask: Option<String>,
    pub state: LeaderState,
    pub resting: bool,
    /// serves and redeems, earns nothing.
    pub pickup_only: bool,
    pub level_id: Option<LeaderLevelId>,
    pub recommender_id: Option<LeaderId>,
    /// R-26, 10 000 is the whole.
    pub multiplier_bp: BasisPoints,
    /// The profit-sharing receiver: type, account, sealed name.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub receiver: Option<Json>,
    pub receiver_added_at: Option<Time>,
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
