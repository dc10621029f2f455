//! Table `members`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::{LeaderId, MemberId, PickupPointId, ShopId};

/// A shopper of one shop: one a (shop, openid).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "members")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MemberId,
    pub shop_id: ShopId,
    #[sea_orm(column_type = "Text")]
    pub openid: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub unionid: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub sealed_session_key: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub nickname: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub avatar: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub sealed_phone: Option<String>,
    /// Keyed hash, to find a member by phone number.
    #[sea_orm(column_type = "Text", nullable)]
    pub phone_index: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub phone_mask: Option<String>,
    pub pickup_point_id: Option<PickupPointId>,
    /// The member's latest leader.
    pub leader_id: Option<LeaderId>,
    #[sea_orm(column_type = "Text", nullable)]
    pub invited_by: Option<String>,
    /// Whether an order was ever paid.
    pub has_paid: bool,
    pub banned_at: Option<Time>,
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
