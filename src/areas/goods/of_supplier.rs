//! What goods have that a supplier's or the shop's terms are held against.

use kernel::id::{GoodsId, ShopId, SupplierId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use sea_orm::sea_query::Query;
use sea_orm::{PaginatorTrait, QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::{goods, sku};
use super::error::GoodsError;

/// The commission terms of a supplier's goods, of those that have their own.
pub async fn commissions(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    supplier: SupplierId,
) -> Result<Vec<serde_json::Value>, GoodsError> {
    Ok(goods::in_shop(shop)
        .select_only()
        .column(goods::Column::Commission)
        .filter(goods::Column::SupplierId.eq(supplier))
        .filter(goods::Column::DeletedAt.is_null())
        .filter(goods::Column::Commission.is_not_null())
        .into_tuple()
        .all(conn)
        .await?)
}

/// The goods of a shop that have their own commission terms, with their supplier.
pub async fn all_commissions(
    conn: &impl ConnectionTrait,
    shop: ShopId,
) -> Result<Vec<(GoodsId, Option<SupplierId>, serde_json::Value)>, GoodsError> {
    Ok(goods::in_shop(shop)
        .select_only()
        .column(goods::Column::Id)
        .column(goods::Column::SupplierId)
        .column(goods::Column::Commission)
        .filter(goods::Column::DeletedAt.is_null())
        .filter(goods::Column::Commission.is_not_null())
        .into_tuple()
        .all(conn)
        .await?)
}

/// Whether a supplier's goods have a SKU without a settlement price.
pub async fn lacks_settlement_price(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    supplier: SupplierId,
) -> Result<bool, GoodsError> {
    let of_supplier = Query::select()
        .column(goods::Column::Id)
        .from(goods::Entity)
        .and_where(goods::Column::ShopId.eq(shop))
        .and_where(goods::Column::SupplierId.eq(supplier))
        .and_where(goods::Column::DeletedAt.is_null())
        .to_owned();
    let bare = sku::in_shop(shop)
        .filter(sku::Column::GoodsId.in_subquery(of_supplier))
        .filter(sku::Column::RemovedAt.is_null())
        .filter(sku::Column::SettlementPriceFen.is_null());
    Ok(bare.count(conn).await? > 0)
}

/// A supplier's goods, newest first.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    supplier: SupplierId,
    page: &PageRequest,
) -> Result<Page<goods::Model>, GoodsError> {
    let mut query = goods::in_shop(shop)
        .filter(goods::Column::SupplierId.eq(supplier))
        .filter(goods::Column::DeletedAt.is_null())
        .order_by_desc(goods::Column::Id);
    if let Some(cursor) = &page.cursor {
        query = query.filter(goods::Column::Id.lt(decode_cursor::<GoodsId>(cursor)?));
    }
    let rows = query.limit(page.limit + 1).all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row| encode_cursor(&row.id)))
}
