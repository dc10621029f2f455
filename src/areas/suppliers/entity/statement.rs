//! Table `supplier_statements`.

use sea_orm::entity::prelude::*;

use crate::areas::suppliers::state::{Payout, StatementState};
use kernel::id::{OperatorId, ShopId, SupplierId, SupplierStatementId};
use kernel::{Fen, Time};

/// What a supplier earned in a period, and what of it is paid.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "supplier_statements")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SupplierStatementId,
    pub shop_id: ShopId,
    pub supplier_id: SupplierId,
    /// Counted from 1 for each supplier.
    pub no: i32,
    /// None on the first.
    pub from_at: Option<Time>,
    pub until_at: Time,
    /// What the supplier had available before, below zero what it owed.
    pub opening_fen: Fen,
    pub closing_fen: Fen,
    /// What is to be paid: the closing balance less what earlier statements are still to pay.
    pub due_fen: Fen,
    /// What was paid, or is being paid: less than is due where later refunds took of it.
    pub paid_fen: Fen,
    pub state: StatementState,
    pub payout: Payout,
    pub confirmed_by: Option<OperatorId>,
    pub confirmed_at: Option<Time>,
    pub paid_by: Option<OperatorId>,
    pub paid_at: Option<Time>,
    /// What the bank or the platform calls the payment.
    #[sea_orm(column_type = "Text", nullable)]
    pub reference: Option<String>,
    /// The proof's key among the uploads.
    #[sea_orm(column_type = "Text", nullable)]
    pub proof: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub fail_reason: Option<String>,
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
