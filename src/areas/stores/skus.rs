//! What stores list, and the SKUs of ours behind it.

use std::collections::{BTreeMap, HashMap};

use kernel::id::{ShopId, SkuId, StoreId, StoreSkuId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use kernel::{Failure, Time};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect, entity::prelude::*};
use serde_json::Value;

use super::entity::store_sku::{self, ActiveModel, Column, Entity, Model};
use super::error::StoreError;
use super::state::MatchedBy;

/// Rows of one `INSERT`: both databases bound the parameters of a statement.
const ROWS_MAX: usize = 500;
/// Ids or codes in one `IN (…)`.
const ASKED_MAX: usize = 1_000;

/// One variant as a store told it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The item's id.
    pub external_item_id: String,
    /// The variant's id; empty for goods without variants.
    pub external_sku_id: String,
    /// The merchant's own code.
    pub sku_code: Option<String>,
    /// Barcode.
    pub barcode: Option<String>,
    /// The item's title.
    pub title: String,
    /// The variant in words.
    pub spec: Option<String>,
    /// Whether it is on sale there.
    pub on_sale: bool,
    /// Units it shows.
    pub shown: Option<i64>,
    /// How stock calls address it; a text [`STOCK_ID`] in it is what messages about its stock name.
    pub extra: Value,
}

/// The member of a listed variant's `extra` that messages about stock name.
const STOCK_ID: &str = "stock_id";

/// Writes what a store lists, new or again; a match that stands is kept, also an operator's word that
/// nothing matches.
pub async fn put(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    store: StoreId,
    listed: &[Listed],
    now: Time,
) -> Result<(), StoreError> {
    put_tied(conn, shop, store, listed, &HashMap::new(), now).await
}

/// As [`put`]; `tied` says by item and variant which SKU those sell that nothing has matched yet.
pub async fn put_tied(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    store: StoreId,
    listed: &[Listed],
    tied: &HashMap<(String, String), (SkuId, MatchedBy)>,
    now: Time,
) -> Result<(), StoreError> {
    let row = |one: &Listed| {
        let key = (one.external_item_id.clone(), one.external_sku_id.clone());
        let tie = tied.get(&key).copied();
        ActiveModel {
            id: Set(StoreSkuId::new()),
            shop_id: Set(shop),
            store_id: Set(store),
            external_item_id: Set(key.0),
            external_sku_id: Set(key.1),
            sku_code: Set(one.sku_code.clone()),
            barcode: Set(one.barcode.clone()),
            title: Set(one.title.clone()),
            spec: Set(one.spec.clone()),
            sku_id: Set(tie.map(|(sku, _)| sku)),
            matched_by: Set(tie.map(|(_, by)| by)),
            on_sale: Set(one.on_sale),
            shown: Set(one.shown),
            shown_at: Set(one.shown.map(|_| now)),
            extra: Set(one.extra.clone()),
            stock_id: Set(one.extra.get(STOCK_ID).and_then(Value::as_str).map(str::to_owned)),
            created_at: Set(now),
            updated_at: Set(now),
        }
    };
    for some in listed.chunks(ROWS_MAX) {
        let rows = Entity::insert_many(some.iter().map(row)).on_conflict(again());
        rows.exec_without_returning(conn).await?;
    }
    Ok(())
}

/// What becomes of a variant that was listed before.
fn again() -> OnConflict {
    let mut again = OnConflict::columns([Column::StoreId, Column::ExternalItemId, Column::ExternalSkuId]);
    again.update_columns([
        Column::SkuCode,
        Column::Barcode,
        Column::Title,
        Column::Spec,
        Column::OnSale,
        Column::Shown,
        Column::ShownAt,
        Column::Extra,
        Column::StockId,
        Column::UpdatedAt,
    ]);
    let kept = |column: &str| {
        let words =
            format!("CASE WHEN store_skus.matched_by IS NULL THEN excluded.{column} ELSE store_skus.{column} END");
        Expr::cust(words)
    };
    again.value(Column::SkuId, kept("sku_id")).value(Column::MatchedBy, kept("matched_by"));
    again
}

/// The listed variants of some items, by item and variant.
pub async fn of_items(
    conn: &impl ConnectionTrait,
    store: StoreId,
    items: &[&str],
) -> Result<HashMap<(String, String), Model>, StoreError> {
    let mut found = HashMap::new();
    for some in items.chunks(ASKED_MAX) {
        let rows = Entity::find()
            .filter(Column::StoreId.eq(store))
            .filter(Column::ExternalItemId.is_in(some.iter().copied()))
            .all(conn)
            .await?;
        found.extend(rows.into_iter().map(|row| ((row.external_item_id.clone(), row.external_sku_id.clone()), row)));
    }
    Ok(found)
}

/// The shop's listed variant with this id.
///
/// # Errors
/// [`StoreError::NotFound`].
pub async fn one(conn: &impl ConnectionTrait, shop: ShopId, id: StoreSkuId) -> Result<Model, StoreError> {
    store_sku::in_shop(shop).filter(Column::Id.eq(id)).one(conn).await?.ok_or(StoreError::NotFound)
}

/// Says which SKU a listed variant sells; with `None` an operator says that it sells none. What is said
/// here stands against every later import and matching.
pub async fn tie(
    conn: &impl ConnectionTrait,
    row: &Model,
    sku: Option<(SkuId, MatchedBy)>,
    now: Time,
) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::SkuId, Expr::value(sku.map(|(sku, _)| sku)))
        .col_expr(Column::MatchedBy, Expr::value(sku.map_or(MatchedBy::Hand, |(_, by)| by)))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::ShopId.eq(row.shop_id))
        .filter(Column::Id.eq(row.id))
        .exec(conn)
        .await?;
    Ok(())
}

/// The SKUs that listed variants of any store of the shop sell under these codes of the merchant, each with a
/// barcode of theirs.
pub async fn tied_by_code(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    codes: &[&str],
) -> Result<HashMap<String, BTreeMap<SkuId, Option<String>>>, StoreError> {
    let mut tied: HashMap<String, BTreeMap<SkuId, Option<String>>> = HashMap::new();
    for some in codes.chunks(ASKED_MAX) {
        let rows = store_sku::in_shop(shop)
            .select_only()
            .columns([Column::SkuCode, Column::SkuId, Column::Barcode])
            .distinct()
            .filter(Column::SkuCode.is_in(some.iter().copied()))
            .filter(Column::SkuId.is_not_null());
        let rows: Vec<(String, SkuId, Option<String>)> = rows.into_tuple().all(conn).await?;
        for (code, sku, barcode) in rows {
            let known = tied.entry(code).or_default().entry(sku).or_default();
            *known = known.take().or(barcode);
        }
    }
    Ok(tied)
}

/// What a store lists, oldest first; with `unmatched`, what sells no SKU of ours.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    store: StoreId,
    unmatched: bool,
    page: &PageRequest,
) -> Result<Page<Model>, Failure> {
    let mut rows = store_sku::in_shop(shop).filter(Column::StoreId.eq(store)).order_by_asc(Column::Id);
    if unmatched {
        rows = rows.filter(Column::SkuId.is_null());
    }
    if let Some(cursor) = &page.cursor {
        rows = rows.filter(Column::Id.gt(decode_cursor::<StoreSkuId>(cursor)?));
    }
    let rows = rows.limit(page.limit + 1).all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row| encode_cursor(&row.id)))
}

/// Under which items a store sells these SKUs already.
pub async fn sold_as(
    conn: &impl ConnectionTrait,
    store: StoreId,
    skus: &[SkuId],
) -> Result<HashMap<SkuId, String>, StoreError> {
    let mut found = HashMap::new();
    for some in skus.chunks(ASKED_MAX) {
        let rows = Entity::find()
            .filter(Column::StoreId.eq(store))
            .filter(Column::SkuId.is_in(some.iter().copied()))
            .all(conn)
            .await?;
        found.extend(rows.into_iter().filter_map(|row| Some((row.sku_id?, row.external_item_id))));
    }
    Ok(found)
}

/// Items that a store no longer has are not on sale there.
pub async fn off_sale(
    conn: &impl ConnectionTrait,
    store: StoreId,
    items: &[&str],
    now: Time,
) -> Result<(), StoreError> {
    for some in items.chunks(ASKED_MAX) {
        Entity::update_many()
            .col_expr(Column::OnSale, Expr::value(false))
            .col_expr(Column::UpdatedAt, Expr::value(now))
            .filter(Column::StoreId.eq(store))
            .filter(Column::ExternalItemId.is_in(some.iter().copied()))
            .exec(conn)
            .await?;
    }
    Ok(())
}
