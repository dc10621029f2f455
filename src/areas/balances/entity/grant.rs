//! Table `point_grants`.

use sea_orm::entity::prelude::*;

use kernel::id::{MemberId, OrderId, ShopId};
use kernel::{Fen, Time};

/// The points an order gave when its windows had ended, once, and what refunds took back of them.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "point_grants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: OrderId,
    pub shop_id: ShopId,
    pub member_id: MemberId,
    pub points: i64,
    /// The money they were given for: paid by WeChat for goods and not refunded by then.
    pub cash_fen: Fen,
    pub taken_back: i64,
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
