//! Table `bill_lines`.

use sea_orm::entity::prelude::*;

use crate::areas::bills::state::{BillKind, LineVerdict, Standing, Subject};
use kernel::id::{BillLineId, BillRunId, ShopId};
use kernel::{Fen, Time};

/// One line of a bill as it came, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bill_lines")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BillLineId,
    pub shop_id: ShopId,
    pub run_id: BillRunId,
    /// Its place in the bill, from 1.
    pub no: i64,
    #[sea_orm(column_type = "Text")]
    pub day: String,
    pub kind: BillKind,
    pub subject: Subject,
    #[sea_orm(column_type = "Text", nullable)]
    pub our_no: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub platform_no: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub receiver: Option<String>,
    pub at: Option<Time>,
    /// Below zero for what went out of an account.
    pub amount_fen: Fen,
    /// Less the platform's coupons: what a fee is taken of.
    pub net_fen: Option<Fen>,
    /// Where no coupon was used: has to be the amount.
    pub settled_fen: Option<Fen>,
    /// Hundred-thousandths of a yuan.
    pub fee_exact: Option<i64>,
    pub standing: Standing,
    /// The platform's own words for what it is and where it stands.
    #[sea_orm(column_type = "Text")]
    pub words: String,
    pub verdict: LineVerdict,
    /// What of ours it is about.
    pub subject_id: Option<Uuid>,
    /// What is booked as its fee.
    pub fee_fen: Option<Fen>,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
