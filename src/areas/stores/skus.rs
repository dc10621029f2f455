//! What stores list, and the SKUs of ours behind it.

use std::collections::HashMap;

use kernel::Time;
use kernel::id::{ShopId, SkuId, StoreId, StoreSkuId};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, entity::prelude::*};
use serde_json::Value;

use super::entity::store_sku::{self, ActiveModel, Column, Entity, Model};
use super::error::StoreError;
use super::state::MatchedBy;

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
    /// How stock calls address it.
    pub extra: Value,
}

/// Writes what a store lists, new or again; a match that stands is kept. One statement a call, at most
/// a page of rows.
pub async fn put(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    store: StoreId,
    listed: &[Listed],
    now: Time,
) -> Result<(), StoreError> {
    if listed.is_empty() {
        return Ok(());
    }
    let rows = listed.iter().map(|one| ActiveModel {
        id: Set(StoreSkuId::new()),
        shop_id: Set(shop),
        store_id: Set(store),
        external_item_id: Set(one.external_item_id.clone()),
        external_sku_id: Set(one.external_sku_id.clone()),
        sku_code: Set(one.sku_code.clone()),
        barcode: Set(one.barcode.clone()),
        title: Set(one.title.clone()),
        spec: Set(one.spec.clone()),
        sku_id: Set(None),
        matched_by: Set(None),
        on_sale: Set(one.on_sale),
        shown: Set(one.shown),
        shown_at: Set(one.shown.map(|_| now)),
        extra: Set(one.extra.clone()),
        created_at: Set(now),
        updated_at: Set(now),
    });
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
        Column::UpdatedAt,
    ]);
    Entity::insert_many(rows).on_conflict(again).exec_without_returning(conn).await?;
    Ok(())
}

/// The listed variants of some items, by item and variant.
pub async fn of_items(
    conn: &impl ConnectionTrait,
    store: StoreId,
    items: &[&str],
) -> Result<HashMap<(String, String), Model>, StoreError> {
    if items.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = Entity::find()
        .filter(Column::StoreId.eq(store))
        .filter(Column::ExternalItemId.is_in(items.iter().copied()))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| ((row.external_item_id.clone(), row.external_sku_id.clone()), row)).collect())
}

/// The shop's listed variant with this id.
///
/// # Errors
/// [`StoreError::NotFound`].
pub async fn one(conn: &impl ConnectionTrait, shop: ShopId, id: StoreSkuId) -> Result<Model, StoreError> {
    store_sku::in_shop(shop).filter(Column::Id.eq(id)).one(conn).await?.ok_or(StoreError::NotFound)
}

/// Says which SKU a listed variant sells; with `None`, none.
pub async fn tie(
    conn: &impl ConnectionTrait,
    row: &Model,
    sku: Option<(SkuId, MatchedBy)>,
    now: Time,
) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::SkuId, Expr::value(sku.map(|(sku, _)| sku)))
        .col_expr(Column::MatchedBy, Expr::value(sku.map(|(_, by)| by)))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::ShopId.eq(row.shop_id))
        .filter(Column::Id.eq(row.id))
        .exec(conn)
        .await?;
    Ok(())
}
