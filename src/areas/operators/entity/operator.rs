//! Table `operators`.

use sea_orm::entity::prelude::*;

use crate::areas::operators::role::Role;
use kernel::Time;
use kernel::id::{OperatorId, ShopId, SupplierId};

/// A console user of one shop.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "operators")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OperatorId,
    pub shop_id: ShopId,
    #[sea_orm(column_type = "Text")]
    pub username: String,
    /// argon2id, PHC string.
    #[sea_orm(column_type = "Text")]
    pub password_hash: String,
    /// Sealed.
    #[sea_orm(column_type = "Text", nullable)]
    pub totp_secret: Option<String>,
    pub role: Role,
    /// Whose operator: of the role `supplier` alone.
    pub supplier_id: Option<SupplierId>,
    pub disabled_at: Option<Time>,
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
