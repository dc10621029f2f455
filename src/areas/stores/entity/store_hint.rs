//! Table `store_hints`.

use sea_orm::entity::prelude::*;

use crate::areas::stores::state::HintKind;
use kernel::Time;
use kernel::id::{ShopId, StoreId};

/// Something of a store that must be read again, whoever said so.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "store_hints")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub store_id: StoreId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: HintKind,
    /// The platform's id of the order or item; empty: whatever has changed.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub external_id: String,
    pub shop_id: ShopId,
    /// Whether somebody vouches for it.
    pub trusted: bool,
    /// One more each time it is said again: whoever has read it forgets the one he saw alone.
    pub seq: i64,
    /// Business time; not before.
    pub due_at: Time,
    pub created_at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
