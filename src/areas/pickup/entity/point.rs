//! Table `pickup_points`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::{LeaderId, PickupPointId, ShopId};

/// Where shoppers collect; run by one leader.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "pickup_points")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PickupPointId,
    pub shop_id: ShopId,
    pub leader_id: LeaderId,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    #[sea_orm(column_type = "Text")]
    pub community: String,
    /// Province, city and district in words.
    #[sea_orm(column_type = "Text", nullable)]
    pub region: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub address: String,
    /// GCJ-02.
    pub lat: f64,
    /// GCJ-02.
    pub lng: f64,
    #[sea_orm(column_type = "Text", nullable)]
    pub picture: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub hours: Option<String>,
    /// The point's own switch.
    pub enabled: bool,
    /// Enabled, and its leader enabled and not resting.
    pub open: bool,
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
