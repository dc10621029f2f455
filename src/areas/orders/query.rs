//! Reading orders.

use kernel::clock::{beijing_day, beijing_midnight};
use kernel::id::{GoodsId, LeaderId, MemberId, OrderId, ShopId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use kernel::{Failure, Time};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{QueryOrder, QuerySelect, QueryTrait};

use super::entity::{event, line, order};
use super::error::OrderError;
use super::state::OrderStatus;

/// An order of a shop.
pub async fn by_id(conn: &impl ConnectionTrait, shop: ShopId, id: OrderId) -> Result<Option<order::Model>, OrderError> {
    Ok(order::in_shop(shop).filter(order::Column::Id.eq(id)).one(conn).await?)
}

/// An order of this member; another's does not exist for him.
pub async fn of_member(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: MemberId,
    id: OrderId,
) -> Result<order::Model, OrderError> {
    let order = by_id(conn, shop, id).await?.filter(|order| order.member_id == member);
    order.ok_or(OrderError::NotFound(id))
}

/// The lines of an order, in their order.
pub async fn lines_of(conn: &impl ConnectionTrait, shop: ShopId, id: OrderId) -> Result<Vec<line::Model>, OrderError> {
    lines_of_all(conn, shop, &[id]).await
}

/// The lines of several orders, by order and position.
pub async fn lines_of_all(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    ids: &[OrderId],
) -> Result<Vec<line::Model>, OrderError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(line::in_shop(shop)
        .filter(line::Column::OrderId.is_in(ids.iter().copied()))
        .order_by_asc(line::Column::OrderId)
        .order_by_asc(line::Column::Position)
        .all(conn)
        .await?)
}

/// The timeline of an order, oldest first.
pub async fn timeline(conn: &impl ConnectionTrait, shop: ShopId, id: OrderId) -> Result<Vec<event::Model>, OrderError> {
    Ok(event::in_shop(shop).filter(event::Column::OrderId.eq(id)).order_by_asc(event::Column::Id).all(conn).await?)
}

/// Whose orders, and in which state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// A member's own.
    pub member: Option<MemberId>,
    /// A leader's.
    pub leader: Option<LeaderId>,
    /// In this state.
    pub status: Option<OrderStatus>,
    /// This one alone.
    pub id: Option<OrderId>,
}

/// Orders, newest first.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    filter: Filter,
    page: &PageRequest,
) -> Result<Page<order::Model>, Failure> {
    let mut select = order::in_shop(shop).order_by_desc(order::Column::Id).limit(page.limit + 1);
    if let Some(member) = filter.member {
        select = select.filter(order::Column::MemberId.eq(member));
    }
    if let Some(leader) = filter.leader {
        select = select.filter(order::Column::LeaderId.eq(leader));
    }
    if let Some(status) = filter.status {
        select = select.filter(order::Column::Status.eq(status));
    }
    if let Some(id) = filter.id {
        select = select.filter(order::Column::Id.eq(id));
    }
    if let Some(cursor) = &page.cursor {
        select = select.filter(order::Column::Id.lt(decode_cursor::<OrderId>(cursor)?));
    }
    let rows = select.all(conn).await.map_err(OrderError::Db)?;
    Ok(Page::cut(rows, page.limit, |order| encode_cursor(&order.id)))
}

/// Unpaid orders of a shop whose time is over, oldest first; those that could not be closed lately
/// wait for their next try.
pub async fn overdue(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    (now, wall): (Time, Time),
    limit: u64,
) -> Result<Vec<order::Model>, OrderError> {
    Ok(order::in_shop(shop)
        .filter(order::Column::Status.eq(OrderStatus::PendingPayment))
        .filter(order::Column::ExpiresAt.lte(now))
        .filter(order::Column::NextCloseAt.is_null().or(order::Column::NextCloseAt.lte(wall)))
        .order_by_asc(order::Column::ExpiresAt)
        .limit(limit)
        .all(conn)
        .await?)
}

/// Units of goods in a member's orders that are not closed, over all or on the day of `on_day_of`.
pub async fn units_bought(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: MemberId,
    goods: GoodsId,
    on_day_of: Option<Time>,
) -> Result<i64, OrderError> {
    let mut orders = order::Entity::find()
        .select_only()
        .column(order::Column::Id)
        .filter(order::Column::ShopId.eq(shop))
        .filter(order::Column::MemberId.eq(member))
        .filter(order::Column::Status.ne(OrderStatus::Closed));
    if let Some(time) = on_day_of {
        orders = orders.filter(order::Column::CreatedAt.gte(beijing_midnight(beijing_day(time))));
    }
    let units: Vec<i64> = line::in_shop(shop)
        .select_only()
        .column(line::Column::Quantity)
        .filter(line::Column::GoodsId.eq(goods))
        .filter(line::Column::OrderId.in_subquery(orders.into_query()))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(units.iter().sum())
}

/// Lines by id, of whichever orders.
pub async fn lines_by_ids(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    ids: &[kernel::id::OrderLineId],
) -> Result<Vec<line::Model>, OrderError> {
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(1_000) {
        found.extend(line::in_shop(shop).filter(line::Column::Id.is_in(some.iter().copied())).all(conn).await?);
    }
    Ok(found)
}
