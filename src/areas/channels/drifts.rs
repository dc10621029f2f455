//! Differences that readings found.

use kernel::Time;
use kernel::id::{ShopId, StockDriftId, StoreId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};

use super::ChannelError;
use super::entity::drift::{ActiveModel, Column, Entity, Model, in_store};

/// Most rows of a report.
const REPORT_MAX: u64 = 50_000;

/// Writes what a page of a reading found.
pub async fn note(conn: &impl ConnectionTrait, found: Vec<Model>) -> Result<(), ChannelError> {
    if found.is_empty() {
        return Ok(());
    }
    let rows = found.into_iter().map(|row| ActiveModel::from(row).reset_all());
    Entity::insert_many(rows).exec_without_returning(conn).await?;
    Ok(())
}

/// A store's differences, newest first.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    store: StoreId,
    page: &PageRequest,
) -> Result<Page<Model>, ChannelError> {
    let mut select = in_store(shop, store).order_by_desc(Column::Id).limit(page.limit + 1);
    if let Some(cursor) = &page.cursor {
        select = select.filter(Column::Id.lt(decode_cursor::<StockDriftId>(cursor)?));
    }
    Ok(Page::cut(select.all(conn).await?, page.limit, |row: &Model| encode_cursor(&row.id)))
}

/// All that the reading of `run_at` found.
pub async fn of_run(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    store: StoreId,
    run_at: Time,
) -> Result<Vec<Model>, ChannelError> {
    let rows = in_store(shop, store).filter(Column::RunAt.eq(run_at)).order_by_asc(Column::Id).limit(REPORT_MAX);
    Ok(rows.all(conn).await?)
}

/// Deletes what readings before `before` found, in a bounded batch.
pub async fn sweep(conn: &impl ConnectionTrait, before: Time) -> Result<u64, ChannelError> {
    let old: Vec<StockDriftId> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::At.lt(before))
        .order_by_asc(Column::Id)
        .limit(1_000)
        .into_tuple()
        .all(conn)
        .await?;
    if old.is_empty() {
        return Ok(0);
    }
    Ok(Entity::delete_many().filter(Column::Id.is_in(old)).exec(conn).await?.rows_affected)
}
