//! Orders as their leader sees them.

use kernel::id::{LeaderId, OrderId, ShopId};
use kernel::page::{BadCursor, Page, PageRequest, decode_cursor, encode_cursor};
use kernel::{Failure, Fen, Time};
use sea_orm::sea_query::{Alias, Expr, ExprTrait};
use sea_orm::{FromQueryResult, QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::order;
use super::error::OrderError;
use super::state::OrderStatus;

/// What a leader sold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sales {
    /// Orders that were paid, refunded ones too.
    pub orders: i64,
    /// What members paid for them.
    pub sales: Fen,
    /// What went back.
    pub refunded: Fen,
}

#[derive(FromQueryResult)]
struct SalesRow {
    orders: i64,
    paid: Option<i64>,
    balance: Option<i64>,
    refunded: Option<i64>,
}

/// A leader's sales, of all time or of orders paid since `since`.
pub async fn sales(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    leader: LeaderId,
    since: Option<Time>,
) -> Result<Sales, OrderError> {
    let mut select = order::in_shop(shop)
        .select_only()
        .column_as(order::Column::Id.count(), "orders")
        .column_as(total(order::Column::PayableFen), "paid")
        .column_as(total(order::Column::BalanceFen), "balance")
        .column_as(total(order::Column::RefundedFen), "refunded")
        .filter(order::Column::LeaderId.eq(leader))
        .filter(order::Column::PaidAt.is_not_null());
    if let Some(since) = since {
        select = select.filter(order::Column::PaidAt.gte(since));
    }
    let Some(row) = select.into_model::<SalesRow>().one(conn).await? else { return Ok(Sales::default()) };
    let fen = |sum: Option<i64>| Fen::from_fen(sum.unwrap_or(0));
    Ok(Sales { orders: row.orders, sales: fen(row.paid).plus(fen(row.balance))?, refunded: fen(row.refunded) })
}

/// What one leader's completed orders come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completed {
    /// Whose.
    pub leader: LeaderId,
    /// How many.
    pub orders: i64,
    /// What members paid for them and did not get back.
    pub sales: Fen,
}

#[derive(FromQueryResult)]
struct CompletedRow {
    leader_id: LeaderId,
    orders: i64,
    paid: i64,
    balance: i64,
    refunded: i64,
}

/// The completed orders of these leaders; who has none is left out.
pub async fn completed(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    leaders: &[LeaderId],
) -> Result<Vec<Completed>, OrderError> {
    if leaders.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<CompletedRow> = order::in_shop(shop)
        .select_only()
        .column(order::Column::LeaderId)
        .column_as(order::Column::Id.count(), "orders")
        .column_as(total(order::Column::PayableFen), "paid")
        .column_as(total(order::Column::BalanceFen), "balance")
        .column_as(total(order::Column::RefundedFen), "refunded")
        .filter(order::Column::LeaderId.is_in(leaders.iter().copied()))
        .filter(order::Column::Status.eq(OrderStatus::Completed))
        .group_by(order::Column::LeaderId)
        .into_model()
        .all(conn)
        .await?;
    let completed = |row: CompletedRow| {
        let sales = Fen::from_fen(row.paid).plus(Fen::from_fen(row.balance))?.minus(Fen::from_fen(row.refunded))?;
        Ok(Completed { leader: row.leader_id, orders: row.orders, sales })
    };
    rows.into_iter().map(completed).collect()
}

/// The sum of a column, as wide as its values.
fn total(column: order::Column) -> Expr {
    Expr::col(column).sum().cast_as(Alias::new("BIGINT"))
}

/// One of a leader's orders that was ever paid; any other does not exist for him.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    leader: LeaderId,
    id: OrderId,
) -> Result<order::Model, OrderError> {
    let order = super::query::by_id(conn, shop, id).await?;
    let order = order.filter(|order| order.leader_id == Some(leader) && order.paid_at.is_some());
    order.ok_or(OrderError::NotFound(id))
}

/// A leader's orders, newest first: those in `status`, or all that were ever paid.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    leader: LeaderId,
    status: Option<OrderStatus>,
    page: &PageRequest,
) -> Result<Page<order::Model>, Failure> {
    let mut select = order::in_shop(shop)
        .filter(order::Column::LeaderId.eq(leader))
        .order_by_desc(order::Column::Id)
        .limit(page.limit + 1);
    select = match status {
        Some(status) => select.filter(order::Column::Status.eq(status)),
        None => select.filter(order::Column::PaidAt.is_not_null()),
    };
    if let Some(cursor) = &page.cursor {
        select = select.filter(order::Column::Id.lt(decode_cursor::<OrderId>(cursor)?));
    }
    let rows = select.all(conn).await?;
    Ok(Page::cut(rows, page.limit, |order| encode_cursor(&order.id)))
}

/// Orders that lie at their pickup point since `before` or longer, the longest first.
pub async fn overdue(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    leader: Option<LeaderId>,
    before: Time,
    page: &PageRequest,
) -> Result<Page<order::Model>, Failure> {
    let mut select = order::in_shop(shop)
        .filter(order::Column::Status.eq(OrderStatus::Arrived))
        .filter(order::Column::ArrivedAt.lte(before))
        .order_by_asc(order::Column::ArrivedAt)
        .order_by_asc(order::Column::Id)
        .limit(page.limit + 1);
    if let Some(leader) = leader {
        select = select.filter(order::Column::LeaderId.eq(leader));
    }
    if let Some(cursor) = &page.cursor {
        let (arrived, id) = decode_cursor::<(Time, OrderId)>(cursor)?;
        // Nothing arrived before there were shops; PostgreSQL cannot even hold the earliest moments.
        if arrived.timestamp() < 0 {
            return Err(BadCursor.into());
        }
        let same_moment = order::Column::ArrivedAt.eq(arrived).and(order::Column::Id.gt(id));
        select = select.filter(order::Column::ArrivedAt.gt(arrived).or(same_moment));
    }
    let rows = select.all(conn).await?;
    Ok(Page::cut(rows, page.limit, |order| encode_cursor(&(order.arrived_at, order.id))))
}
