//! Table `stock_news`.

use sea_orm::entity::prelude::*;

use kernel::Time;
use kernel::id::{ShopId, SkuId, StockNewsId};

/// A change of a SKU's free units that stores have not heard of yet.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_news")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StockNewsId,
    pub shop_id: ShopId,
    pub sku_id: SkuId,
    /// When it changed (business time).
    pub at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
