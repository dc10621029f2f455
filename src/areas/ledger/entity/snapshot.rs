//! Table `ledger_snapshots`.

use sea_orm::entity::prelude::*;

use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::state::LedgerUnit;
use kernel::Time;
use kernel::id::{EntryId, ShopId};

/// A shop account's sum of entries up to a journal, so that balances stay cheap.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_snapshots")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub shop_id: ShopId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub account: AccountKind,
    #[sea_orm(primary_key, auto_increment = false)]
    pub unit: LedgerUnit,
    pub sum: i64,
    pub upto: EntryId,
    pub taken_at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
