//! Table `supplier_movements`.

use sea_orm::entity::prelude::*;

use crate::areas::suppliers::state::MovementKind;
use kernel::id::{OrderId, OrderLineId, ShopId, SupplierId, SupplierMovementId, SupplierStatementId};
use kernel::{Fen, Time};

/// One change of what a supplier has available: where each fen of it came from or went.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "supplier_movements")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SupplierMovementId,
    pub shop_id: ShopId,
    pub supplier_id: SupplierId,
    pub kind: MovementKind,
    /// Below zero what goes.
    pub amount_fen: Fen,
    pub order_id: Option<OrderId>,
    pub line_id: Option<OrderLineId>,
    /// The cause of the journal that books it; of a payment, its statement.
    pub cause_id: Uuid,
    /// The statement that lists it.
    pub statement_id: Option<SupplierStatementId>,
    pub at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
