//! Table `goods`.

use sea_orm::entity::prelude::*;

use kernel::ListingKind;
use kernel::id::{CategoryId, FreightTemplateId, GoodsId, ShopId, SupplierId};
use kernel::{Fen, Time};

/// What is shown and sold.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "goods")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: GoodsId,
    pub shop_id: ShopId,
    pub category_id: Option<CategoryId>,
    pub kind: ListingKind,
    #[sea_orm(column_type = "Text")]
    pub title: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub subtitle: Option<String>,
    /// A list of URLs.
    #[sea_orm(column_type = "JsonBinary")]
    pub pictures: Json,
    #[sea_orm(column_type = "Text", nullable)]
    pub video: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub detail: String,
    /// A list of words.
    #[sea_orm(column_type = "JsonBinary")]
    pub tags: Json,
    pub on_shelf: bool,
    pub sale_from: Option<Time>,
    pub sale_until: Option<Time>,
    /// how the expected pickup time is told.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub pickup: Option<Json>,
    /// per order, per day, ever, and the least quantity.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub purchase_limit: Option<Json>,
    /// rate or fixed amount.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub commission: Option<Json>,
    pub supplier_id: Option<SupplierId>,
    pub express_only: bool,
    pub new_buyer_only: bool,
    /// Whether only the pickup points of `goods_regions` sell it.
    pub region_limited: bool,
    pub freight_template_id: Option<FreightTemplateId>,
    /// Marketplace, external id and link of imported goods.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub source: Option<Json>,
    /// The cheapest SKU, for sorting.
    pub price_from_fen: Fen,
    pub position: i32,
    pub version: i64,
    pub created_at: Time,
    pub updated_at: Time,
    pub deleted_at: Option<Time>,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one shop: where every query begins.
pub fn in_shop(shop: ShopId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop))
}
