//! Table `store_consents`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::{OperatorId, ShopId, StoreId};

/// A consent page that somebody was sent to: its `state`, good once and for ten minutes.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "store_consents")]
pub struct Model {
    /// Of the `state`; the text itself is kept nowhere.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub state_hash: String,
    pub shop_id: ShopId,
    pub store_id: StoreId,
    /// Whose browser was sent; nobody else's may come back.
    pub operator_id: OperatorId,
    /// Wall time.
    pub ends_at: Time,
    pub used_at: Option<Time>,
    /// What came of it, as a word ([`crate::areas::stores::consents::Outcome`]); none while it is under way.
    #[sea_orm(column_type = "Text", nullable)]
    pub outcome: Option<String>,
    pub created_at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
