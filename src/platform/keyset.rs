//! Reading a table piece by piece in the order of its ids.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, Value};

/// The next of these rows by their id: after the one already given, at most `limit`.
pub fn next_by<E: EntityTrait>(
    rows: Select<E>,
    id: E::Column,
    after: Option<impl Into<Value>>,
    limit: u64,
) -> Select<E> {
    let rows = rows.order_by_asc(id).limit(limit);
    match after {
        Some(after) => rows.filter(id.gt(after)),
        None => rows,
    }
}
