//! Table `market_shipments`.

use sea_orm::entity::prelude::*;

use crate::areas::market_orders::state::ShipmentState;
use kernel::Time;
use kernel::id::{MarketOrderId, MarketShipmentId, OperatorId, ShopId, StoreId};

/// A parcel that an operator sent, and whether the platform has heard of it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "market_shipments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MarketShipmentId,
    pub shop_id: ShopId,
    pub store_id: StoreId,
    pub order_id: MarketOrderId,
    /// The carrier as the platform names it.
    #[sea_orm(column_type = "Text")]
    pub carrier_id: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub carrier_code: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub carrier_name: String,
    #[sea_orm(column_type = "Text")]
    pub tracking_no: String,
    /// What is in it, line by line.
    #[sea_orm(column_type = "JsonBinary")]
    pub lines: Json,
    /// Whether it completes the order.
    pub completes: bool,
    /// The parcel it corrects.
    pub corrects: Option<MarketShipmentId>,
    pub state: ShipmentState,
    /// When it was last told without a clear answer: before telling again the order is read (wall time).
    pub asked_at: Option<Time>,
    /// The platform's id of the parcel.
    #[sea_orm(column_type = "Text", nullable)]
    pub external_id: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
    pub operator_id: OperatorId,
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
