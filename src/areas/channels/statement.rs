//! Updates that join `store_skus` with a list of values; both databases read `$1` and name such a list's
//! columns alike.

use sea_orm::{ConnectionTrait, DbErr, Statement, Value};

/// `UPDATE store_skus` with a list of rows, joined as `line`, whose first column is the id. `set` and
/// `only_if` name the parameters of `more` as `$1`, `$2`….
pub(super) async fn update(
    conn: &impl ConnectionTrait,
    set: &str,
    only_if: &str,
    more: Vec<Value>,
    rows: Vec<Vec<Value>>,
) -> Result<u64, DbErr> {
    if rows.is_empty() {
        return Ok(0);
    }
    let mut at = more.len();
    let mut tuple = |row: &Vec<Value>| {
        let places = row.iter().map(|_| {
            at += 1;
            format!("${at}")
        });
        format!("({})", places.collect::<Vec<_>>().join(", "))
    };
    let tuples = rows.iter().map(&mut tuple).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "UPDATE store_skus SET {set} FROM (VALUES {tuples}) AS line WHERE store_skus.id = line.column1 AND {only_if}"
    );
    let values = more.into_iter().chain(rows.into_iter().flatten());
    let done = conn.execute_raw(Statement::from_sql_and_values(conn.get_database_backend(), sql, values)).await?;
    Ok(done.rows_affected())
}
