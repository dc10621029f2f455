//! Table `refund_lines`.

use sea_orm::entity::prelude::*;

use kernel::Fen;
use kernel::id::{OrderLineId, RefundId, ShopId};

/// What a refund gives back of one order line.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refund_lines")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub refund_id: RefundId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub line_id: OrderLineId,
    pub shop_id: ShopId,
    pub quantity: i64,
    /// Goods money and shipping together.
    pub amount_fen: Fen,
    pub shipping_fen: Fen,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
