//! Reading commissions.

use kernel::Failure;
use kernel::id::{CommissionId, LeaderId, OrderId, ShopId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::commission;
use super::error::CommissionError;
use super::state::CommissionState;

/// The commissions of an order, by line.
pub async fn of_order(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    order: OrderId,
) -> Result<Vec<commission::Model>, CommissionError> {
    Ok(commission::in_shop(shop)
        .filter(commission::Column::OrderId.eq(order))
        .order_by_asc(commission::Column::Id)
        .all(conn)
        .await?)
}

/// A leader's statement, newest first, perhaps of one state alone.
pub async fn statement(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    leader: LeaderId,
    state: Option<CommissionState>,
    page: &PageRequest,
) -> Result<Page<commission::Model>, Failure> {
    let mut select = commission::in_shop(shop)
        .filter(commission::Column::LeaderId.eq(leader))
        .order_by_desc(commission::Column::Id)
        .limit(page.limit + 1);
    if let Some(state) = state {
        select = select.filter(commission::Column::State.eq(state));
    }
    if let Some(cursor) = &page.cursor {
        select = select.filter(commission::Column::Id.lt(decode_cursor::<CommissionId>(cursor)?));
    }
    let rows = select.all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row| encode_cursor(&row.id)))
}
