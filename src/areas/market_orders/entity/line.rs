//! Table `market_order_lines`.

use sea_orm::entity::prelude::*;

use crate::areas::market_orders::state::{LineMatch, Oversold, RemoteState};
use kernel::Time;
use kernel::id::{MarketOrderId, MarketOrderLineId, ShopId, SkuId, StoreId};

/// One line of an order. Whoever changes it holds its order's row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "market_order_lines")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MarketOrderLineId,
    pub shop_id: ShopId,
    pub store_id: StoreId,
    pub order_id: MarketOrderId,
    pub position: i32,
    /// The platform's id of the line, unique in the order.
    #[sea_orm(column_type = "Text")]
    pub line_key: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub external_item_id: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub external_sku_id: Option<String>,
    /// The merchant's own code.
    #[sea_orm(column_type = "Text", nullable)]
    pub sku_code: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub title: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub spec: Option<String>,
    /// Pieces sold; 0 once the platform no longer names the line.
    pub quantity: i64,
    /// Price of a piece, in minor units of the order's currency.
    pub unit_minor: Option<i64>,
    pub paid_minor: Option<i64>,
    pub remote_state: Option<RemoteState>,
    /// Ours; `None` as long as nothing matches.
    pub sku_id: Option<SkuId>,
    pub matched_by: Option<LineMatch>,
    /// Units it shall hold now.
    pub wants: i64,
    /// Units it took from the pool, in all.
    pub taken: i64,
    /// Units of these that went back.
    pub given_back: i64,
    /// Units sent, by us or by others.
    pub shipped: i64,
    /// The SKU was not counted: nothing had to be taken.
    pub unlimited: bool,
    /// What becomes of the units that were not there.
    pub shortage: Option<Oversold>,
    pub created_at: Time,
    pub updated_at: Time,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
