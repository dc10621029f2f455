//! Table `operator_sessions`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::{OperatorId, OperatorSessionId, ShopId};

/// An operator's signed-in session; the cookie is stored hashed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "operator_sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OperatorSessionId,
    pub shop_id: ShopId,
    pub operator_id: OperatorId,
    #[sea_orm(column_type = "Text")]
    pub token_hash: String,
    #[sea_orm(column_type = "Text")]
    pub csrf_token: String,
    pub expires_at: Time,
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
