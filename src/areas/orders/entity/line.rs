//! Table `order_lines`.

use sea_orm::entity::prelude::*;

use kernel::id::{GoodsId, OrderId, OrderLineId, ShopId, SkuId, SupplierId};
use kernel::{Fen, Time};

/// One SKU of one order, with its share of every reduction.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_lines")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderLineId,
    pub shop_id: ShopId,
    pub order_id: OrderId,
    pub position: i32,
    pub goods_id: GoodsId,
    pub sku_id: SkuId,
    pub supplier_id: Option<SupplierId>,
    #[sea_orm(column_type = "Text")]
    pub title: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub specs: Json,
    #[sea_orm(column_type = "Text", nullable)]
    pub picture: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub expected_pickup: Option<String>,
    pub unit_price_fen: Fen,
    pub quantity: i64,
    pub goods_fen: Fen,
    pub spend_and_save_fen: Fen,
    pub coupon_fen: Fen,
    pub points_fen: Fen,
    pub shipping_fen: Fen,
    pub packing_fen: Fen,
    /// Rate, mode and multiplier as they stood at order time.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub commission_rule: Option<Json>,
    /// What was agreed with the supplier at order time.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub supplier_rule: Option<Json>,
    pub shipped_at: Option<Time>,
    pub arrived_at: Option<Time>,
    /// Units handed over.
    pub redeemed: i64,
    pub received_at: Option<Time>,
    /// Business time at which the after-sale window ends.
    pub after_sale_until: Option<Time>,
    /// When the window's end released the line's commissions.
    pub settled_at: Option<Time>,
    pub refunded_quantity: i64,
    pub refunded_fen: Fen,
    #[sea_orm(column_type = "Text", nullable)]
    pub carrier: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub tracking_no: Option<String>,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
