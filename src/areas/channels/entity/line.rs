//! Table `store_skus`, as this area sees it: how a variant's stock is told, and what came of it.

use sea_orm::entity::prelude::*;

use crate::areas::channels::state::LineState;
use kernel::Time;
use kernel::id::{ShopId, SkuId, StoreId, StoreSkuId};

/// The stock or the rule of the SKU changed: shoppers may act on the number that is shown.
pub const RANK_CHANGED: i32 = 0;
/// A comparison found the line; a whole store at once, the first time.
pub const RANK_COMPARED: i32 = 1;

/// One variant as a store lists it.
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
    #[sea_orm(column_type = "Text", nullable)]
    pub sku_code: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub title: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub spec: Option<String>,
    pub sku_id: Option<SkuId>,
    /// Units the store shows, as it last said or was told.
    pub shown: Option<i64>,
    pub shown_at: Option<Time>,
    #[sea_orm(column_type = "JsonBinary")]
    pub extra: Json,
    /// What the platform's messages about its stock name, where that is neither item nor variant.
    #[sea_orm(column_type = "Text", nullable)]
    pub stock_id: Option<String>,
    /// A rule of its own, instead of the store's.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub stock_rule: Option<Json>,
    pub stock_state: LineState,
    /// What the store took last, or was seen to show.
    pub told: Option<i64>,
    /// What is being told, as long as nobody knows whether it arrived.
    pub sent: Option<i64>,
    /// One more with every other number that is told.
    pub send_no: i64,
    /// When to tell it (business time); `None`: nothing is to be told.
    pub push_at: Option<Time>,
    /// What is told first: a change ([`RANK_CHANGED`]) before what a comparison found ([`RANK_COMPARED`]).
    pub push_rank: i32,
    /// One more with every change: whoever judged the line before does not take its mark away.
    pub push_marks: i64,
    /// Refusals in a row.
    pub push_attempts: i32,
    #[sea_orm(column_type = "Text", nullable)]
    pub push_error: Option<String>,
    /// Units it has sold since, as its orders told; some may have been sold before.
    pub sold_since: i64,
    /// Units the store was seen to have sold that no order has told us of.
    pub unpulled: i64,
    /// Until when those count (business time).
    pub unpulled_until: Option<Time>,
}

/// Relations live in queries; foreign keys in the migration.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of one store: where every query begins.
pub fn in_store(shop: ShopId, store: StoreId) -> Select<Entity> {
    Entity::find().filter(Column::ShopId.eq(shop)).filter(Column::StoreId.eq(store))
}
