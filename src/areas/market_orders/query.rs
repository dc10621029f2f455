//! Reading orders.

use std::collections::HashMap;

use kernel::id::{MarketOrderId, MarketOrderLineId, ShopId, SkuId, StoreId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use kernel::{Failure, Time};
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::{carriers, event, line, order, shipment};
use super::error::MarketOrderError;
use super::state::{OrderState, Oversold};

/// Most lines that wait for one look.
const WAITING_MAX: u64 = 2_000;

/// Which orders are asked for; empty wishes ask for all that may be seen.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Of these stores alone.
    pub stores: Vec<StoreId>,
    /// In this state.
    pub state: Option<OrderState>,
    /// With lines that match nothing, or without any.
    pub unmatched: Option<bool>,
    /// With lines that lack units, or without any.
    pub oversold: Option<bool>,
    /// By the platform's number.
    pub external_id: Option<String>,
}

/// The orders, newest first.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    wanted: &Wanted,
    page: &PageRequest,
) -> Result<Page<order::Model>, Failure> {
    if wanted.stores.is_empty() {
        return Ok(Page { items: Vec::new(), next_cursor: None });
    }
    let mut select = order::in_shop(shop)
        .filter(order::Column::StoreId.is_in(wanted.stores.iter().copied()))
        .order_by_desc(order::Column::Id)
        .limit(page.limit + 1);
    if let Some(state) = wanted.state {
        select = select.filter(order::Column::State.eq(state));
    }
    if let Some(external_id) = &wanted.external_id {
        select = select.filter(order::Column::ExternalId.eq(external_id.as_str()));
    }
    for (wish, lines) in [(wanted.unmatched, unmatched_lines(shop)), (wanted.oversold, short_lines(shop))] {
        select = match wish {
            Some(true) => select.filter(order::Column::Id.in_subquery(lines)),
            Some(false) => select.filter(order::Column::Id.not_in_subquery(lines)),
            None => select,
        };
    }
    if let Some(cursor) = &page.cursor {
        select = select.filter(order::Column::Id.lt(decode_cursor::<MarketOrderId>(cursor)?));
    }
    let rows = select.all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row| encode_cursor(&row.id)))
}

fn orders_of_lines(shop: ShopId) -> SelectStatement {
    let mut select = Query::select();
    select.column(line::Column::OrderId).from(line::Entity).and_where(line::Column::ShopId.eq(shop));
    select
}

/// Lines without a SKU count while something is still sold of them.
fn unmatched_lines(shop: ShopId) -> SelectStatement {
    let mut select = orders_of_lines(shop);
    select.and_where(line::Column::SkuId.is_null()).and_where(line::Column::Quantity.gt(0));
    select
}

fn short_lines(shop: ShopId) -> SelectStatement {
    let mut select = orders_of_lines(shop);
    select.and_where(line::Column::Shortage.is_not_null());
    select
}

/// The order with this id.
///
/// # Errors
/// [`MarketOrderError::NotFound`].
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: MarketOrderId,
) -> Result<order::Model, MarketOrderError> {
    order::in_shop(shop).filter(order::Column::Id.eq(id)).one(conn).await?.ok_or(MarketOrderError::NotFound)
}

/// The same, held until the caller's transaction ends.
///
/// # Errors
/// [`MarketOrderError::NotFound`].
pub async fn lock(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: MarketOrderId,
) -> Result<order::Model, MarketOrderError> {
    let row = order::in_shop(shop).filter(order::Column::Id.eq(id)).lock_exclusive().one(conn).await?;
    row.ok_or(MarketOrderError::NotFound)
}

/// Those of `numbers` that are known already, held until the caller's transaction ends.
pub async fn held(
    conn: &impl ConnectionTrait,
    store: StoreId,
    numbers: &[&str],
) -> Result<HashMap<String, order::Model>, MarketOrderError> {
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = order::Entity::find()
        .filter(order::Column::StoreId.eq(store))
        .filter(order::Column::ExternalId.is_in(numbers.iter().copied()))
        .order_by_asc(order::Column::Id)
        .lock_exclusive()
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.external_id.clone(), row)).collect())
}

/// The lines of some orders, each order's in the platform's order.
pub async fn lines_of(
    conn: &impl ConnectionTrait,
    orders: &[MarketOrderId],
) -> Result<HashMap<MarketOrderId, Vec<line::Model>>, MarketOrderError> {
    let mut lines: HashMap<MarketOrderId, Vec<line::Model>> = HashMap::new();
    if orders.is_empty() {
        return Ok(lines);
    }
    let rows = line::Entity::find()
        .filter(line::Column::OrderId.is_in(orders.iter().copied()))
        .order_by_asc(line::Column::OrderId)
        .order_by_asc(line::Column::Position)
        .all(conn)
        .await?;
    for row in rows {
        lines.entry(row.order_id).or_default().push(row);
    }
    Ok(lines)
}

/// The lines of one order.
pub async fn lines(conn: &impl ConnectionTrait, order: MarketOrderId) -> Result<Vec<line::Model>, MarketOrderError> {
    Ok(lines_of(conn, &[order]).await?.remove(&order).unwrap_or_default())
}

/// An order's timeline, oldest first.
pub async fn events(conn: &impl ConnectionTrait, order: MarketOrderId) -> Result<Vec<event::Model>, MarketOrderError> {
    let rows = event::Entity::find().filter(event::Column::OrderId.eq(order)).order_by_asc(event::Column::Id);
    Ok(rows.all(conn).await?)
}

/// An order's parcels, oldest first.
pub async fn shipments(
    conn: &impl ConnectionTrait,
    order: MarketOrderId,
) -> Result<Vec<shipment::Model>, MarketOrderError> {
    let rows = shipment::Entity::find().filter(shipment::Column::OrderId.eq(order)).order_by_asc(shipment::Column::Id);
    Ok(rows.all(conn).await?)
}

/// Open orders of a store that were last read before `before`, the longest ago first, with their numbers.
pub async fn to_reread(
    conn: &impl ConnectionTrait,
    store: StoreId,
    before: Time,
    most: u64,
) -> Result<Vec<(MarketOrderId, String)>, MarketOrderError> {
    let rows = order::Entity::find()
        .select_only()
        .column(order::Column::Id)
        .column(order::Column::ExternalId)
        .filter(order::Column::StoreId.eq(store))
        .filter(order::Column::IsOpen.eq(true))
        .filter(order::Column::ReadAt.lt(before))
        .order_by_asc(order::Column::ReadAt)
        .limit(most);
    Ok(rows.into_tuple().all(conn).await?)
}

/// A line that waits for units.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// The line.
    pub line: MarketOrderLineId,
    /// Its order.
    pub order: MarketOrderId,
    /// Its SKU.
    pub sku: SkuId,
    /// Units it lacks.
    pub missing: i64,
}

/// Lines that take units as soon as there are any, the oldest first: of these SKUs, or of all.
pub async fn waiting(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    skus: Option<&[SkuId]>,
) -> Result<Vec<Waiting>, MarketOrderError> {
    let mut select = line::in_shop(shop)
        .filter(line::Column::Shortage.eq(Oversold::Wait))
        .filter(line::Column::SkuId.is_not_null())
        .order_by_asc(line::Column::Id)
        .limit(WAITING_MAX);
    if let Some(skus) = skus {
        select = select.filter(line::Column::SkuId.is_in(skus.iter().copied()));
    }
    let told = |row: line::Model| {
        let missing = super::rules::Units::of(&row).missing();
        Some(Waiting { line: row.id, order: row.order_id, sku: row.sku_id?, missing })
    };
    Ok(select.all(conn).await?.into_iter().filter_map(told).collect())
}

/// Shops in which a line waits for units.
pub async fn shops_waiting(conn: &impl ConnectionTrait) -> Result<Vec<ShopId>, MarketOrderError> {
    let rows = line::Entity::find()
        .select_only()
        .column(line::Column::ShopId)
        .distinct()
        .filter(line::Column::Shortage.eq(Oversold::Wait));
    Ok(rows.into_tuple().all(conn).await?)
}

/// Orders of a store, still to be sent, with lines that match nothing: the oldest first.
pub async fn with_unmatched(
    conn: &impl ConnectionTrait,
    store: StoreId,
    most: u64,
) -> Result<Vec<MarketOrderId>, MarketOrderError> {
    let mut lines = Query::select();
    lines
        .column(line::Column::OrderId)
        .from(line::Entity)
        .and_where(line::Column::StoreId.eq(store))
        .and_where(line::Column::SkuId.is_null())
        .and_where(line::Column::Quantity.gt(0));
    let rows = order::Entity::find()
        .select_only()
        .column(order::Column::Id)
        .filter(order::Column::StoreId.eq(store))
        .filter(order::Column::State.is_in([OrderState::Draft, OrderState::Confirmed]))
        .filter(order::Column::Id.in_subquery(lines))
        .order_by_asc(order::Column::Id)
        .limit(most);
    Ok(rows.into_tuple().all(conn).await?)
}

/// Orders of a shop that ended before `before` and whose receiver is still kept.
pub async fn to_forget(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    before: Time,
    most: u64,
) -> Result<Vec<MarketOrderId>, MarketOrderError> {
    let rows = order::in_shop(shop)
        .select_only()
        .column(order::Column::Id)
        .filter(order::Column::SealedReceiver.is_not_null())
        .filter(order::Column::EndedAt.lt(before))
        .limit(most);
    Ok(rows.into_tuple().all(conn).await?)
}

/// Orders of a store with these numbers.
pub async fn numbered(
    conn: &impl ConnectionTrait,
    store: StoreId,
    numbers: &[String],
) -> Result<Vec<MarketOrderId>, MarketOrderError> {
    let rows = order::Entity::find()
        .select_only()
        .column(order::Column::Id)
        .filter(order::Column::StoreId.eq(store))
        .filter(order::Column::ExternalId.is_in(numbers.iter().map(String::as_str)));
    Ok(rows.into_tuple().all(conn).await?)
}

/// Whose orders are to be forgotten.
#[derive(Clone, Copy, Debug)]
pub enum Whose<'a> {
    /// Those with these numbers.
    Numbered(&'a [String]),
    /// Those bought under one of these names.
    Buyer(&'a [String]),
    /// All.
    Everybody,
}

/// Orders of a store whose receivers were not erased, at most `most`.
pub async fn unforgotten(
    conn: &impl ConnectionTrait,
    store: StoreId,
    whose: Whose<'_>,
    most: u64,
) -> Result<Vec<MarketOrderId>, MarketOrderError> {
    let mut rows = order::Entity::find()
        .select_only()
        .column(order::Column::Id)
        .filter(order::Column::StoreId.eq(store))
        .filter(order::Column::ReceiverErasedAt.is_null())
        .limit(most);
    rows = match whose {
        Whose::Numbered(numbers) => rows.filter(order::Column::ExternalId.is_in(numbers.iter().map(String::as_str))),
        Whose::Buyer(names) => rows.filter(order::Column::Buyer.is_in(names.iter().map(String::as_str))),
        Whose::Everybody => rows,
    };
    Ok(rows.into_tuple().all(conn).await?)
}

/// A store's carriers as its platform last told them.
pub async fn carriers(
    conn: &impl ConnectionTrait,
    store: StoreId,
) -> Result<Option<carriers::Model>, MarketOrderError> {
    Ok(carriers::Entity::find_by_id(store).one(conn).await?)
}
