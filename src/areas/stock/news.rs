//! News of stock: a row for each change of a SKU that a store lists, written in the transaction of the
//! change and taken by whoever tells the stores. Rows are only added here, so that an order never waits
//! for the one who reads them.

use std::collections::BTreeMap;

use kernel::Time;
use kernel::id::{ShopId, SkuId, StockNewsId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    Statement, Value,
};

use super::StockError;
use super::entity::{level, news};
use super::statement::Changed;

/// What changed since somebody last asked.
#[derive(Clone, Debug, Default)]
pub struct News {
    ids: Vec<StockNewsId>,
    /// Each SKU once, with the time of its first change.
    pub skus: BTreeMap<SkuId, Time>,
}

impl News {
    /// Whether `most` rows were read, so that there may be more.
    pub fn is_full(&self, most: u64) -> bool {
        u64::try_from(self.ids.len()).is_ok_and(|count| count >= most)
    }
}

/// Notes those of the changes that a store has to hear of.
pub(super) async fn of_changes(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    changes: &[Changed],
    now: Time,
) -> Result<(), StockError> {
    let listed = changes.iter().filter(|changed| changed.listed).map(|changed| changed.sku);
    write(conn, shop, listed, now).await
}

/// Notes a change of one SKU, if a store lists it.
pub(super) async fn of_sku(conn: &impl ConnectionTrait, shop: ShopId, sku: SkuId, now: Time) -> Result<(), StockError> {
    let sql = "SELECT COUNT(*) AS listings FROM store_skus WHERE sku_id = $1";
    let asked = Statement::from_sql_and_values(conn.get_database_backend(), sql, [Value::from(sku)]);
    let listings: i64 = match conn.query_one_raw(asked).await? {
        Some(row) => row.try_get("", "listings")?,
        None => 0,
    };
    write(conn, shop, (listings > 0).then_some(sku).into_iter(), now).await
}

async fn write(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    skus: impl Iterator<Item = SkuId>,
    now: Time,
) -> Result<(), StockError> {
    let row =
        |sku| news::ActiveModel { id: Set(StockNewsId::new()), shop_id: Set(shop), sku_id: Set(sku), at: Set(now) };
    let rows: Vec<_> = skus.map(row).collect();
    if !rows.is_empty() {
        news::Entity::insert_many(rows).exec_without_returning(conn).await?;
    }
    Ok(())
}

/// Whether there are any; one look at an index.
pub async fn any(conn: &impl ConnectionTrait) -> Result<bool, StockError> {
    Ok(news::Entity::find().limit(1).one(conn).await?.is_some())
}

/// The oldest `most` rows, of all shops.
pub async fn read(conn: &impl ConnectionTrait, most: u64) -> Result<News, StockError> {
    let rows = news::Entity::find().order_by_asc(news::Column::Id).limit(most).all(conn).await?;
    let mut found = News::default();
    for row in rows {
        found.ids.push(row.id);
        let first = found.skus.entry(row.sku_id).or_insert(row.at);
        *first = std::cmp::min(row.at, *first);
    }
    Ok(found)
}

/// Deletes what was read. News of a transaction that commits later has rows of its own.
pub async fn forget(conn: &impl ConnectionTrait, news: &News) -> Result<(), StockError> {
    if news.ids.is_empty() {
        return Ok(());
    }
    news::Entity::delete_many().filter(news::Column::Id.is_in(news.ids.iter().copied())).exec(conn).await?;
    Ok(())
}

/// Free units of SKUs as stores are to show them; a SKU taken out of the shop has none.
pub async fn pools(
    conn: &impl ConnectionTrait,
    skus: &[SkuId],
) -> Result<std::collections::HashMap<SkuId, super::Level>, DbErr> {
    if skus.is_empty() {
        return Ok(std::collections::HashMap::new());
    }
    let rows = level::Entity::find().filter(Expr::col(level::Column::Id).is_in(skus.iter().copied())).all(conn).await?;
    let pool = |row: &level::Model| if row.removed_at.is_some() { Some(0) } else { row.free };
    Ok(rows.iter().map(|row| (row.id, pool(row))).collect())
}
