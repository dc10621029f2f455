//! A statement's lines with what a supplier checks them by: order, goods, quantity, money, fee,
//! commission.

use std::collections::HashMap;

use kernel::Failure;
use kernel::id::{OrderLineId, ShopId, SupplierId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use sea_orm::{ConnectionTrait, QueryOrder, QuerySelect, entity::prelude::*};

use crate::areas::orders;
use crate::areas::orders::entity::line;
use crate::areas::suppliers::entity::{movement, part, statement};
use crate::areas::suppliers::{parts, statements};

/// One line of a statement.
#[derive(Clone, Debug)]
pub struct Line {
    /// What moved.
    pub movement: movement::Model,
    /// The order line and the supplier's part of it, where the movement is of one.
    pub of: Option<(line::Model, part::Model)>,
}

/// The lines of a statement, oldest first.
pub async fn lines_of(conn: &impl ConnectionTrait, row: &statement::Model) -> Result<Vec<Line>, Failure> {
    let moved = statements::lines(conn, row.shop_id, row.id).await?;
    let mut ids: Vec<OrderLineId> = moved.iter().filter_map(|moved| moved.line_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let found = with_parts(conn, row.shop_id, &ids).await?;
    let line = |movement: movement::Model| {
        let of = movement.line_id.and_then(|line| found.get(&line).cloned());
        Line { movement, of }
    };
    Ok(moved.into_iter().map(line).collect())
}

async fn with_parts(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    ids: &[OrderLineId],
) -> Result<HashMap<OrderLineId, (line::Model, part::Model)>, Failure> {
    let mut by_line: HashMap<OrderLineId, part::Model> =
        parts::of_lines(conn, shop, ids).await?.into_iter().map(|part| (part.line_id, part)).collect();
    let lines = orders::query::lines_by_ids(conn, shop, ids).await?;
    Ok(lines.into_iter().filter_map(|line| Some((line.id, (line.clone(), by_line.remove(&line.id)?)))).collect())
}

/// A supplier's lines, newest first, whatever became of them.
pub async fn parts_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    supplier: SupplierId,
    page: &PageRequest,
) -> Result<Page<(line::Model, part::Model)>, Failure> {
    let mut query = part::in_shop(shop).filter(part::Column::SupplierId.eq(supplier)).order_by_desc(part::Column::Id);
    if let Some(cursor) = &page.cursor {
        query = query.filter(part::Column::Id.lt(decode_cursor::<kernel::id::SupplierPartId>(cursor)?));
    }
    let rows = query.limit(page.limit + 1).all(conn).await?;
    let rows = Page::cut(rows, page.limit, |row| encode_cursor(&row.id));
    let ids: Vec<OrderLineId> = rows.items.iter().map(|part| part.line_id).collect();
    let mut found = with_parts(conn, shop, &ids).await?;
    let items = rows.items.iter().filter_map(|part| found.remove(&part.line_id)).collect();
    Ok(Page { items, next_cursor: rows.next_cursor })
}
