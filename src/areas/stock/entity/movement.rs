//! Table `stock_movements`.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use kernel::Time;
use kernel::id::{MarketOrderId, OperatorId, OrderId, ShopId, SkuId, StockMovementId};

/// Why stock moved.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Counting begins or ends: the SKU is new, or changed between counted and unlimited.
    Initial,
    /// An operator counted, received or wrote off.
    Correction,
    /// A refund put sold units back on sale.
    Restock,
    /// A marketplace sold.
    MarketSale,
    /// What a marketplace sold came back on sale.
    MarketReturn,
}

/// A change of a SKU's stock that is not a hold: initial, correction, restock, a marketplace's sales.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_movements")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StockMovementId,
    pub shop_id: ShopId,
    pub sku_id: SkuId,
    pub delta: i64,
    pub kind: Kind,
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    pub order_id: Option<OrderId>,
    /// Which order of a marketplace moved it.
    pub market_order_id: Option<MarketOrderId>,
    pub operator_id: Option<OperatorId>,
    pub at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
