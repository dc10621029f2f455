//! Table `stock_drifts`.

use sea_orm::entity::prelude::*;

use crate::areas::channels::state::Mending;
use kernel::Time;
use kernel::id::{ShopId, SkuId, StockDriftId, StoreId, StoreSkuId};

/// A variant that a store showed another number of than it should.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_drifts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StockDriftId,
    pub shop_id: ShopId,
    pub store_id: StoreId,
    pub store_sku_id: StoreSkuId,
    pub sku_id: SkuId,
    /// The reading that found it, by the time it began.
    pub run_at: Time,
    pub shown: i64,
    pub wanted: i64,
    pub mending: Mending,
    pub at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one store: where every query begins.
pub fn in_store(shop: ShopId, store: StoreId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop)).filter(Column::StoreId.eq(store))
}
