//! Table `supplier_parts`.

use sea_orm::entity::prelude::*;

use crate::areas::suppliers::state::PartState;
use kernel::id::{OrderId, OrderLineId, ShopId, SupplierId, SupplierPartId};
use kernel::{BasisPoints, Fen, Time};

/// A supplier's part of one order line.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "supplier_parts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SupplierPartId,
    pub shop_id: ShopId,
    pub order_id: OrderId,
    pub line_id: OrderLineId,
    pub supplier_id: SupplierId,
    /// The service fee's rate, or else the settlement price.
    pub fee_bp: Option<BasisPoints>,
    pub price_fen: Option<Fen>,
    pub base_fen: Fen,
    /// What the shop keeps of the base.
    pub fee_fen: Fen,
    pub commission_fen: Fen,
    pub referral_fen: Fen,
    /// Freight within the amount.
    pub shipping_fen: Fen,
    pub amount_fen: Fen,
    /// What the shop bears, since more was given away than was paid.
    pub loss_fen: Fen,
    pub reversed_fen: Fen,
    pub state: PartState,
    pub created_at: Time,
    pub released_at: Option<Time>,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
