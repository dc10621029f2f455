//! Table `leader_applications`.

use sea_orm::entity::prelude::*;

use crate::areas::leaders::state::ApplicationState;
use kernel::Time;
use kernel::id::{ApplicationId, LeaderId, MemberId, OperatorId, ShopId};

/// A member's wish to become a leader.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "leader_applications")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ApplicationId,
    pub shop_id: ShopId,
    pub member_id: MemberId,
    pub state: ApplicationState,
    /// The member while the application waits: one at a time.
    pub open_member: Option<MemberId>,
    /// Name, phone and address, sealed.
    #[sea_orm(column_type = "Text")]
    pub sealed_form: String,
    #[sea_orm(column_type = "Text")]
    pub community: String,
    pub lat: f64,
    pub lng: f64,
    pub recommender_id: Option<LeaderId>,
    #[sea_orm(column_type = "Text", nullable)]
    pub picture: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub reason: Option<String>,
    pub decided_by: Option<OperatorId>,
    pub decided_at: Option<Time>,
    pub created_at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
