//! Table `wechat_tokens`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::ShopId;

/// The mini-program's access token, kept once for all instances.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "wechat_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub shop_id: ShopId,
    #[sea_orm(column_type = "Text")]
    pub sealed_token: String,
    /// Wall time.
    pub expires_at: Time,
    pub fetched_at: Time,
    pub forced_at: Option<Time>,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
