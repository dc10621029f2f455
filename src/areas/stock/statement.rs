//! The few statements that change `skus.free`. They are written by hand because they join the
//! table with a list of values; both databases read `$1` and name such a list's columns alike.

use kernel::id::{ShopId, SkuId};
use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, QueryResult, Statement, Value};

/// A SKU whose free units a statement has changed.
pub(super) struct Changed {
    pub sku: SkuId,
    /// What it has now; `None` is unlimited.
    pub free: Option<i64>,
    /// Whether a store lists it.
    pub listed: bool,
}

/// What the statements answer. That a store lists the SKU is looked up on the way, so that where no store
/// is bound no statement is added to an order.
const CHANGED: &str = " RETURNING skus.id AS id, skus.free AS free, \
    CASE WHEN EXISTS (SELECT 1 FROM store_skus WHERE store_skus.sku_id = skus.id) THEN 1 ELSE 0 END AS listed";

/// Takes the units of every line from those SKUs that have enough, in one statement, and returns
/// what each of these has left. `lines` names each SKU once, by ascending id.
pub(super) async fn take(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    lines: &[(SkuId, i64)],
) -> Result<Vec<Changed>, DbErr> {
    let sql = change(
        conn.get_database_backend(),
        lines.len(),
        "skus.free - line.column2",
        "skus.removed_at IS NULL AND skus.free >= line.column2",
    );
    let rows = conn.query_all_raw(statement(conn, sql + CHANGED, shop, lines));
    rows.await?.iter().map(changed).collect()
}

/// Gives units back to the SKUs, whatever became of them; an unlimited SKU stays unlimited.
pub(super) async fn give_back(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    lines: &[(SkuId, i64)],
) -> Result<Vec<Changed>, DbErr> {
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let sql = change(conn.get_database_backend(), lines.len(), "skus.free + line.column2", "skus.free IS NOT NULL");
    let rows = conn.query_all_raw(statement(conn, sql + CHANGED, shop, lines));
    rows.await?.iter().map(changed).collect()
}

fn changed(row: &QueryResult) -> Result<Changed, DbErr> {
    let listed: i32 = row.try_get("", "listed")?;
    Ok(Changed { sku: row.try_get("", "id")?, free: row.try_get("", "free")?, listed: listed == 1 })
}

/// `UPDATE skus` with a list of (SKU, units), joined as `line`. `$1` is the shop.
fn change(backend: DatabaseBackend, lines: usize, free: &str, only_if: &str) -> String {
    let list = |item: &dyn Fn(usize) -> String| (0..lines).map(item).collect::<Vec<_>>().join(", ");
    let pairs = list(&|line| format!("(${}, ${})", line * 2 + 2, line * 2 + 3));
    // An UPDATE locks rows in the order it meets them. Two orders with the same SKUs would
    // deadlock unless both lock by ascending id first; SQLite has one writer and no such trouble.
    let (lock, also) = if lines > 1 && backend == DatabaseBackend::Postgres {
        let ids = list(&|line| format!("${}", line * 2 + 2));
        let lock = format!(
            "WITH locked AS MATERIALIZED \
             (SELECT id FROM skus WHERE id IN ({ids}) ORDER BY id FOR NO KEY UPDATE) "
        );
        (lock, " AND skus.id IN (SELECT id FROM locked)")
    } else {
        (String::new(), "")
    };
    format!(
        "{lock}UPDATE skus SET free = {free} FROM (VALUES {pairs}) AS line \
         WHERE skus.id = line.column1 AND skus.shop_id = $1 AND {only_if}{also}"
    )
}

fn statement(conn: &impl ConnectionTrait, sql: String, shop: ShopId, lines: &[(SkuId, i64)]) -> Statement {
    let values = lines.iter().flat_map(|(sku, units)| [Value::from(*sku), Value::from(*units)]);
    Statement::from_sql_and_values(conn.get_database_backend(), sql, std::iter::once(Value::from(shop)).chain(values))
}
