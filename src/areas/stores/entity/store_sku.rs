//! Table `store_skus`.

use sea_orm::entity::prelude::*;

use crate::areas::stores::state::MatchedBy;
use kernel::Time;
use kernel::id::{ShopId, SkuId, StoreId, StoreSkuId};

/// One variant of goods as a store lists it, and the SKU of ours that it sells.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "store_skus")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoreSkuId,
    pub shop_id: ShopId,
    pub store_id: StoreId,
    #[sea_orm(column_type = "Text")]
    pub external_item_id: String,
    /// Empty for goods without variants.
    #[sea_orm(column_type = "Text")]
    pub external_sku_id: String,
    /// The merchant's own code.
    #[sea_orm(column_type = "Text", nullable)]
    pub sku_code: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub barcode: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub title: String,
    /// The variant in words.
    #[sea_orm(column_type = "Text", nullable)]
    pub spec: Option<String>,
    /// Ours; `None` as long as nothing matches.
    pub sku_id: Option<SkuId>,
    pub matched_by: Option<MatchedBy>,
    pub on_sale: bool,
    /// Units the store shows, as it last said or was told.
    pub shown: Option<i64>,
    pub shown_at: Option<Time>,
    /// How stock calls address it, beyond the ids.
    #[sea_orm(column_type = "JsonBinary")]
    pub extra: Json,
    /// What the platform's messages about its stock name, where that is neither item nor variant.
    #[sea_orm(column_type = "Text", nullable)]
    pub stock_id: Option<String>,
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
