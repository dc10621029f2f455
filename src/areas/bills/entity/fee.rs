//! Table `bill_fees`.

use sea_orm::entity::prelude::*;

use crate::areas::bills::state::Subject;
use kernel::id::{BillFeeId, ShopId};
use kernel::{Fen, Time};

/// One booking of a payment's or refund's fee: the cause of a journal.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bill_fees")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BillFeeId,
    pub shop_id: ShopId,
    pub subject: Subject,
    /// The payment or the refund; the refund of a late payment has its number.
    pub subject_id: Uuid,
    #[sea_orm(column_type = "Text")]
    pub day: String,
    /// What it adds to what was booked before.
    pub fee_fen: Fen,
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
