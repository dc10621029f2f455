//! Table `ledger_entries`.

use sea_orm::entity::prelude::*;

use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::state::LedgerUnit;
use kernel::id::{EntryId, JournalId, ShopId};

/// One side of a journal: debit above zero, credit below.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_entries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EntryId,
    pub shop_id: ShopId,
    pub journal_id: JournalId,
    pub account: AccountKind,
    /// Whose account, where accounts are a party's own.
    pub party: Option<Uuid>,
    pub unit: LedgerUnit,
    /// Fen or points; debit positive, credit negative.
    pub amount: i64,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
