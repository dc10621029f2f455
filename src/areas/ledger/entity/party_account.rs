//! Table `party_accounts`.

use sea_orm::entity::prelude::*;

use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::state::LedgerUnit;
use kernel::id::ShopId;

/// The balance of one party's account, credit positive, changed by conditional updates.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "party_accounts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub shop_id: ShopId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub account: AccountKind,
    #[sea_orm(primary_key, auto_increment = false)]
    pub party: Uuid,
    pub unit: LedgerUnit,
    pub balance: i64,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
