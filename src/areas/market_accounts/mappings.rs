//! Marketplaces' categories and ours for them, and each store's rule for prices.

use std::collections::{BTreeMap, HashMap};

use kernel::Time;
use kernel::id::{CategoryId, ShopId, StoreId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, QueryOrder, entity::prelude::*};

use super::entity::{category_mapping as mapping, price_rule};
use super::error::MarketError;
use super::prices::PriceRule;

/// Most categories mapped of one marketplace.
pub const MAPPINGS_MAX: usize = 2_000;
/// Rows of one `INSERT`.
const ROWS_MAX: usize = 500;

/// The categories mapped of a marketplace, or of all.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    marketplace: Option<&str>,
) -> Result<Vec<mapping::Model>, MarketError> {
    let mut rows = mapping::in_shop(shop)
        .order_by_asc(mapping::Column::Marketplace)
        .order_by_asc(mapping::Column::ExternalCategory);
    if let Some(marketplace) = marketplace {
        rows = rows.filter(mapping::Column::Marketplace.eq(marketplace));
    }
    Ok(rows.all(conn).await?)
}

/// A marketplace's categories with ours.
pub async fn of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    marketplace: &str,
) -> Result<HashMap<String, CategoryId>, MarketError> {
    let rows = list(conn, shop, Some(marketplace)).await?;
    Ok(rows.into_iter().map(|row| (row.external_category, row.category_id)).collect())
}

/// Makes `wanted` the whole mapping of a marketplace.
pub async fn replace(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    marketplace: &str,
    wanted: &BTreeMap<String, CategoryId>,
    now: Time,
) -> Result<(), MarketError> {
    mapping::Entity::delete_many()
        .filter(mapping::Column::ShopId.eq(shop))
        .filter(mapping::Column::Marketplace.eq(marketplace))
        .exec(conn)
        .await?;
    let rows: Vec<_> = wanted
        .iter()
        .map(|(theirs, ours)| mapping::ActiveModel {
            shop_id: Set(shop),
            marketplace: Set(marketplace.to_owned()),
            external_category: Set(theirs.clone()),
            category_id: Set(*ours),
            created_at: Set(now),
        })
        .collect();
    for some in rows.chunks(ROWS_MAX) {
        mapping::Entity::insert_many(some.to_vec()).exec_without_returning(conn).await?;
    }
    Ok(())
}

/// A store's rule for prices; the store's own price where none was set.
pub async fn price_rule(conn: &impl ConnectionTrait, shop: ShopId, store: StoreId) -> Result<PriceRule, MarketError> {
    let row = price_rule::in_shop(shop).filter(price_rule::Column::StoreId.eq(store)).one(conn).await?;
    let read = |row: price_rule::Model| serde_json::from_value(row.rule);
    row.map(read).transpose().map(Option::unwrap_or_default).map_err(unreadable)
}

/// Sets a store's rule for prices.
pub async fn set_price_rule(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    store: StoreId,
    rule: &PriceRule,
    now: Time,
) -> Result<(), MarketError> {
    let row = price_rule::ActiveModel {
        store_id: Set(store),
        shop_id: Set(shop),
        rule: Set(serde_json::to_value(rule).map_err(unreadable)?),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let mut again = OnConflict::column(price_rule::Column::StoreId);
    again.update_columns([price_rule::Column::Rule, price_rule::Column::UpdatedAt]);
    price_rule::Entity::insert(row).on_conflict(again).exec_without_returning(conn).await?;
    Ok(())
}

fn unreadable(error: serde_json::Error) -> MarketError {
    MarketError::Unreadable { what: "price rule", error }
}
