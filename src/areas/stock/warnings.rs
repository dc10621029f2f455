//! Low stock: a row for the moment a SKU comes down to the shop's threshold, written in the
//! transaction that took the units. Of all orders that race for a SKU one sees it cross the
//! threshold, so there is one row until its stock has risen above it again.

use kernel::Time;
use kernel::id::{ShopId, SkuId, StockWarningId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::StockError;
use super::entity::warning;
use super::query::ListError;
use super::service::Taken;

/// Notes those of the units taken that brought their SKU down to `threshold`; 0 is off.
pub async fn note(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    threshold: i64,
    taken: &[Taken],
    now: Time,
) -> Result<(), StockError> {
    let low: Vec<_> = taken.iter().filter(|taken| threshold > 0 && taken.crosses(threshold)).collect();
    if low.is_empty() {
        return Ok(());
    }
    let rows = low.iter().map(|taken| warning::ActiveModel {
        id: Set(StockWarningId::new()),
        shop_id: Set(shop),
        sku_id: Set(taken.sku),
        free: Set(taken.left.unwrap_or_default()),
        threshold: Set(threshold),
        at: Set(now),
    });
    warning::Entity::insert_many(rows).exec_without_returning(conn).await?;
    Ok(())
}

/// Notes SKUs of which a marketplace sold more than there was, each with what it had then.
pub async fn note_oversold(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    threshold: i64,
    oversold: &[(SkuId, i64)],
    now: Time,
) -> Result<(), StockError> {
    if oversold.is_empty() {
        return Ok(());
    }
    let rows = oversold.iter().map(|(sku, free)| warning::ActiveModel {
        id: Set(StockWarningId::new()),
        shop_id: Set(shop),
        sku_id: Set(*sku),
        free: Set(*free),
        threshold: Set(threshold),
        at: Set(now),
    });
    warning::Entity::insert_many(rows).exec_without_returning(conn).await?;
    Ok(())
}

/// The warnings of a shop, newest first.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    page: &PageRequest,
) -> Result<Page<warning::Model>, ListError> {
    let mut select = warning::in_shop(shop).order_by_desc(warning::Column::Id).limit(page.limit + 1);
    if let Some(cursor) = &page.cursor {
        select = select.filter(warning::Column::Id.lt(decode_cursor::<StockWarningId>(cursor)?));
    }
    let rows = select.all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row| encode_cursor(&row.id)))
}
