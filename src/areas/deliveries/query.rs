//! Reading delivery lists.

use std::collections::HashSet;

use kernel::Failure;
use kernel::id::{DeliveryListId, LeaderId, OrderLineId, ShopId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::{delivery_line, list};
use super::error::DeliveryError;
use super::state::ListState;

/// A list of the shop.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: DeliveryListId,
) -> Result<list::Model, DeliveryError> {
    list::in_shop(shop).filter(list::Column::Id.eq(id)).one(conn).await?.ok_or(DeliveryError::NotFound(id))
}

/// The same, locked until the transaction ends.
pub async fn lock(conn: &impl ConnectionTrait, shop: ShopId, id: DeliveryListId) -> Result<list::Model, DeliveryError> {
    let list = list::in_shop(shop).filter(list::Column::Id.eq(id)).lock_exclusive().one(conn).await?;
    list.ok_or(DeliveryError::NotFound(id))
}

/// The lines of several lists, by list and line.
pub async fn lines_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    lists: &[DeliveryListId],
) -> Result<Vec<delivery_line::Model>, DeliveryError> {
    if lists.is_empty() {
        return Ok(Vec::new());
    }
    Ok(delivery_line::in_shop(shop)
        .filter(delivery_line::Column::ListId.is_in(lists.iter().copied()))
        .order_by_asc(delivery_line::Column::ListId)
        .order_by_asc(delivery_line::Column::OrderId)
        .order_by_asc(delivery_line::Column::LineId)
        .all(conn)
        .await?)
}

/// An open list that one of these lines is on, with the line.
pub async fn open_list_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    lines: &[OrderLineId],
) -> Result<Option<(OrderLineId, DeliveryListId)>, DeliveryError> {
    if lines.is_empty() {
        return Ok(None);
    }
    let row = delivery_line::in_shop(shop)
        .filter(delivery_line::Column::OpenLine.is_in(lines.iter().copied()))
        .one(conn)
        .await?;
    Ok(row.map(|row| (row.line_id, row.list_id)))
}

/// Every open list that one of these lines is on, by ascending id.
pub async fn open_lists_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    lines: &[OrderLineId],
) -> Result<Vec<DeliveryListId>, DeliveryError> {
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    Ok(delivery_line::in_shop(shop)
        .select_only()
        .column(delivery_line::Column::ListId)
        .filter(delivery_line::Column::OpenLine.is_in(lines.iter().copied()))
        .group_by(delivery_line::Column::ListId)
        .order_by_asc(delivery_line::Column::ListId)
        .into_tuple()
        .all(conn)
        .await?)
}

/// Lists, newest first: of one leader, in one state, or all.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    leader: Option<LeaderId>,
    state: Option<ListState>,
    page: &PageRequest,
) -> Result<Page<list::Model>, Failure> {
    let mut select = list::in_shop(shop).order_by_desc(list::Column::Id).limit(page.limit + 1);
    if let Some(leader) = leader {
        select = select.filter(list::Column::LeaderId.eq(leader));
    }
    if let Some(state) = state {
        select = select.filter(list::Column::State.eq(state));
    }
    if let Some(cursor) = &page.cursor {
        select = select.filter(list::Column::Id.lt(decode_cursor::<DeliveryListId>(cursor)?));
    }
    let rows = select.all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row| encode_cursor(&row.id)))
}

/// Which of these lines were once missing, in whole or in part, when their list arrived.
pub async fn missed(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    lines: &[OrderLineId],
) -> Result<HashSet<OrderLineId>, DeliveryError> {
    let rows: Vec<OrderLineId> = delivery_line::in_shop(shop)
        .select_only()
        .column(delivery_line::Column::LineId)
        .filter(delivery_line::Column::LineId.is_in(lines.iter().copied()))
        .filter(delivery_line::Column::Short.gt(0))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().collect())
}
