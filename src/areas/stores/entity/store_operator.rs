//! Table `store_operators`.

use sea_orm::entity::prelude::*;

use crate::areas::stores::state::Duty;
use kernel::Time;
use kernel::id::{OperatorId, ShopId, StoreId};

/// An operator bound to a store, for one duty.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "store_operators")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub store_id: StoreId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub operator_id: OperatorId,
    pub shop_id: ShopId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub duty: Duty,
    pub created_at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
