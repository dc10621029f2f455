//! Reads of stock: what is free, what is reserved, what runs low, and whether the books balance.

use std::collections::HashMap;

use kernel::id::{GoodsId, MemberId, OrderId, ShopId, SkuId};
use kernel::page::{BadCursor, Page, PageRequest, decode_cursor, encode_cursor};
use kernel::{Code, Coded, FieldFault};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter, QueryOrder, QuerySelect, Statement, Value};

use super::Level;
use super::entity::{hold, level, purchase_counter as counter};
use super::purchases::Period;
use super::state::HoldState;

/// Ids in one `IN (…)`. Both databases bound the parameters of a statement.
const IDS_MAX: usize = 1000;

/// Free units of those SKUs that are still sold. A SKU that is not in the answer is not.
pub async fn free(conn: &impl ConnectionTrait, shop: ShopId, skus: &[SkuId]) -> Result<HashMap<SkuId, Level>, DbErr> {
    let mut free = HashMap::with_capacity(skus.len());
    for some in skus.chunks(IDS_MAX) {
        let rows = level::on_sale(shop).filter(level::Column::Id.is_in(some.iter().copied())).all(conn).await?;
        free.extend(rows.into_iter().map(|row| (row.id, row.free)));
    }
    Ok(free)
}

/// Units that unpaid orders hold, of those SKUs that have any.
pub async fn reserved(conn: &impl ConnectionTrait, shop: ShopId, skus: &[SkuId]) -> Result<HashMap<SkuId, i64>, DbErr> {
    let mut reserved = HashMap::new();
    for some in skus.chunks(IDS_MAX) {
        let rows: Vec<(SkuId, i64)> = hold::in_shop(shop)
            .filter(hold::Column::SkuId.is_in(some.iter().copied()))
            .filter(hold::Column::State.eq(HoldState::Held))
            .filter(hold::Column::Unlimited.eq(false))
            .select_only()
            .column(hold::Column::SkuId)
            // PostgreSQL sums BIGINT as NUMERIC.
            .column_as(Expr::col(hold::Column::Quantity).sum().cast_as("BIGINT"), "units")
            .group_by(hold::Column::SkuId)
            .into_tuple()
            .all(conn)
            .await?;
        reserved.extend(rows);
    }
    Ok(reserved)
}

/// Free units of every SKU of the shop that is still sold, to compare the gate with.
pub async fn levels(conn: &impl ConnectionTrait, shop: ShopId) -> Result<Vec<(SkuId, Level)>, DbErr> {
    level::on_sale(shop)
        .select_only()
        .column(level::Column::Id)
        .column(level::Column::Free)
        .into_tuple()
        .all(conn)
        .await
}

/// A SKU that runs low.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LowStock {
    /// The SKU.
    pub sku: SkuId,
    /// Its goods.
    pub goods: GoodsId,
    /// Units free.
    pub free: i64,
}

/// Why a list could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The cursor is not one of this list.
    #[error(transparent)]
    Cursor(#[from] BadCursor),
    /// The database failed.
    #[error("stock storage failed")]
    Db(#[from] DbErr),
}

impl Coded for ListError {
    fn code(&self) -> Code {
        match self {
            Self::Cursor(bad) => bad.code(),
            Self::Db(_) => Code::Internal,
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Cursor(bad) => bad.fields(),
            Self::Db(_) => Vec::new(),
        }
    }
}

/// SKUs with `threshold` units or fewer, oldest SKU first.
pub async fn low_stock(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    threshold: i64,
    page: &PageRequest,
) -> Result<Page<LowStock>, ListError> {
    let mut select = level::on_sale(shop).filter(level::Column::Free.lte(threshold)).order_by_asc(level::Column::Id);
    if let Some(cursor) = &page.cursor {
        select = select.filter(level::Column::Id.gt(decode_cursor::<SkuId>(cursor)?));
    }
    let rows = select.limit(page.limit + 1).all(conn).await?;
    let low = |row: level::Model| Some(LowStock { sku: row.id, goods: row.goods_id, free: row.free? });
    let rows = rows.into_iter().filter_map(low).collect();
    Ok(Page::cut(rows, page.limit, |row: &LowStock| encode_cursor(&row.sku)))
}

/// What an order holds or took of each SKU.
pub async fn holds_of(conn: &impl ConnectionTrait, shop: ShopId, order: OrderId) -> Result<Vec<hold::Model>, DbErr> {
    hold::in_shop(shop).filter(hold::Column::OrderId.eq(order)).order_by_asc(hold::Column::SkuId).all(conn).await
}

/// Units counted against a member's limits, where there is a counter.
pub async fn counted(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: MemberId,
    goods: &[GoodsId],
    periods: &[Period],
) -> Result<HashMap<(GoodsId, Period), i64>, DbErr> {
    let rows = counter::in_shop(shop)
        .filter(counter::Column::MemberId.eq(member))
        .filter(counter::Column::GoodsId.is_in(goods.iter().copied()))
        .filter(counter::Column::Period.is_in(periods.iter().map(Period::to_string)))
        .all(conn)
        .await?;
    let period = |text: &str| periods.iter().copied().find(|period| period.to_string() == text);
    Ok(rows.iter().filter_map(|row| Some(((row.goods_id, period(&row.period)?), row.used))).collect())
}

/// Where the holds of these orders stand; an order without holds is not in the answer.
pub async fn standing(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    orders: &[OrderId],
) -> Result<HashMap<OrderId, HoldState>, DbErr> {
    let mut standing = HashMap::with_capacity(orders.len());
    for some in orders.chunks(IDS_MAX) {
        let rows: Vec<(OrderId, HoldState)> = hold::in_shop(shop)
            .filter(hold::Column::OrderId.is_in(some.iter().copied()))
            .select_only()
            .column(hold::Column::OrderId)
            .column(hold::Column::State)
            .distinct()
            .into_tuple()
            .all(conn)
            .await?;
        standing.extend(rows);
    }
    Ok(standing)
}

/// SKUs whose free + held + sold differs from what the movements brought in, and by how much.
/// Always empty, unless somebody wrote past this area: the check behind `stock reconcile`.
pub async fn imbalances(conn: &impl ConnectionTrait, shop: ShopId) -> Result<Vec<(SkuId, i64)>, DbErr> {
    let gaps = gaps(conn, shop, "s.free IS NOT NULL", None).await?;
    Ok(gaps.into_iter().filter(|(_, gap)| *gap != 0).collect())
}

/// What [`imbalances`] would say of one SKU, counted or not.
pub(super) async fn balance(conn: &impl ConnectionTrait, shop: ShopId, sku: SkuId) -> Result<i64, DbErr> {
    let gaps = gaps(conn, shop, "s.id = $2", Some(sku)).await?;
    Ok(gaps.first().map_or(0, |(_, gap)| *gap))
}

async fn gaps(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    only: &str,
    sku: Option<SkuId>,
) -> Result<Vec<(SkuId, i64)>, DbErr> {
    // Restocked units are counted by the hold they returned from, so their movement is left out.
    let sql = format!(
        "SELECT s.id AS id, CAST(COALESCE(s.free, 0) + COALESCE(h.taken, 0) - COALESCE(m.moved, 0) AS BIGINT) AS gap \
         FROM skus AS s \
         LEFT JOIN (SELECT sku_id, SUM(quantity - returned) AS taken FROM stock_holds \
             WHERE shop_id = $1 AND NOT unlimited AND state IN ('held', 'deducted') GROUP BY sku_id) AS h \
             ON h.sku_id = s.id \
         LEFT JOIN (SELECT sku_id, SUM(delta) AS moved FROM stock_movements \
             WHERE shop_id = $1 AND kind <> 'restock' GROUP BY sku_id) AS m ON m.sku_id = s.id \
         WHERE s.shop_id = $1 AND {only}"
    );
    let values = std::iter::once(Value::from(shop)).chain(sku.map(Value::from));
    let rows = conn.query_all_raw(Statement::from_sql_and_values(conn.get_database_backend(), sql, values)).await?;
    rows.iter().map(|row| Ok((row.try_get("", "id")?, row.try_get("", "gap")?))).collect()
}
