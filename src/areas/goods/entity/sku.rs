//! Table `skus`.

use sea_orm::entity::prelude::*;

use kernel::id::{GoodsId, ShopId, SkuId};
use kernel::{Fen, Time};

/// One variant of goods. `free` is what is on hand and not held; the database refuses a negative one.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "skus")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SkuId,
    pub shop_id: ShopId,
    pub goods_id: GoodsId,
    /// Dimension → value, up to five.
    #[sea_orm(column_type = "JsonBinary")]
    pub specs: Json,
    /// The specs in one canonical text, unique among the goods' SKUs.
    #[sea_orm(column_type = "Text")]
    pub specs_key: String,
    pub price_fen: Fen,
    pub original_price_fen: Option<Fen>,
    pub cost_fen: Option<Fen>,
    pub member_price_fen: Option<Fen>,
    /// What its supplier gets for one unit, where the supplier is paid by settlement price.
    pub settlement_price_fen: Option<Fen>,
    /// NULL is unlimited. CHECK (free >= 0).
    pub free: Option<i64>,
    pub weight_g: Option<i64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub barcode: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub picture: Option<String>,
    pub position: i32,
    pub removed_at: Option<Time>,
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
