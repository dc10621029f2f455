//! Table `member_sessions`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::{MemberId, SessionId, ShopId};

/// A signed-in session: one family of rotating refresh tokens.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "member_sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    pub shop_id: ShopId,
    pub member_id: MemberId,
    /// Which refresh token of the family is the live one.
    pub generation: i32,
    /// When the earlier ones were used, as long as that matters.
    #[sea_orm(column_type = "JsonBinary")]
    pub rotations: Json,
    pub expires_at: Time,
    pub revoked_at: Option<Time>,
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
