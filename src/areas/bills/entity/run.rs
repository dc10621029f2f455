//! Table `bill_runs`.

use sea_orm::entity::prelude::*;

use crate::areas::bills::state::{BillKind, RunState};
use kernel::Time;
use kernel::id::{BillRunId, ShopId};

/// One bill of one day, and how far it is reconciled.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bill_runs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BillRunId,
    pub shop_id: ShopId,
    /// Beijing, `YYYY-MM-DD`.
    #[sea_orm(column_type = "Text")]
    pub day: String,
    pub kind: BillKind,
    pub state: RunState,
    /// Of the bill as read; none when the day has no bill.
    #[sea_orm(column_type = "Text", nullable)]
    pub hash: Option<String>,
    pub lines: i64,
    /// The number of the last line that was judged.
    pub judged: i64,
    pub matched: i64,
    pub cases: i64,
    pub failures: i32,
    #[sea_orm(column_type = "Text", nullable)]
    pub last_error: Option<String>,
    /// Business time: not asked for before.
    pub next_at: Time,
    pub created_at: Time,
    pub finished_at: Option<Time>,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
