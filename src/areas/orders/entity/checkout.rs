//! Table `checkouts`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::{CheckoutId, MemberId, ShopId};

/// What holds the orders of one basket together, an order a merchant.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "checkouts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CheckoutId,
    pub shop_id: ShopId,
    pub member_id: MemberId,
    /// Until when its orders can be paid.
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
