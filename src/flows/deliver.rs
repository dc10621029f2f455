//! Goods on their way: delivery lists from gathering to signature, and single orders sent or
//! brought apart from any list.
//!
//! Whoever moves an order on locks its list first, where it has one, then the order.

use std::collections::{BTreeMap, BTreeSet};

use kernel::failure::Invalid;
use kernel::id::{DeliveryListId, LeaderId, OrderId, OrderLineId};
use kernel::{Failure, FieldFault, Time};
use sea_orm::ConnectionTrait;

use crate::app::App;
use crate::areas::deliveries;
use crate::areas::deliveries::entity::{delivery_line, list};
use crate::areas::deliveries::error::DeliveryError;
use crate::areas::deliveries::service::{self as lists, Item};
use crate::areas::deliveries::state::{ListEvent, ListState};
use crate::areas::leaders::{self, error::LeaderError};
use crate::areas::orders::entity::{line, order};
use crate::areas::orders::error::OrderError;
use crate::areas::orders::progress::{self, Parcel};
use crate::areas::orders::query;
use crate::areas::orders::state::{FulfilmentKind, OrderEvent, OrderStatus};
use crate::areas::shops::query::Shop;
use crate::flows::receipt::{Moved, arrive_if_whole, ship_if_whole};
use crate::flows::shipping;
use crate::platform::request_keys::Once;

/// How many orders one list holds; the others wait for the next.
const ORDERS_A_LIST: u64 = 500;

/// Gathers what waits for a leader, paid until `until`, into a new list.
#[tracing::instrument(skip_all, fields(%leader))]
pub async fn gather(
    app: &App,
    shop: &Shop,
    leader: LeaderId,
    until: Time,
    once: &Once<list::Model>,
) -> Result<list::Model, Failure> {
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            leaders::query::by_id(tx, shop.id, leader).await?.ok_or(LeaderError::NotFound)?;
            let mut waiting = progress::to_deliver(tx, shop.id, leader, until, ORDERS_A_LIST).await?;
            let orders: BTreeSet<OrderId> = waiting.iter().map(|line| line.order_id).collect();
            let mut orders = progress::lock_all(tx, shop.id, &orders.into_iter().collect::<Vec<_>>()).await?;
            // Since the look another leader may have taken one over.
            orders.retain(|order| order.leader_id == Some(leader));
            waiting.retain(|line| orders.iter().any(|order| order.id == line.order_id));
            let items: Vec<Item> = waiting.iter().map(item).collect();
            let (list, added) = lists::open(tx, shop.id, leader, until, &items, now).await?;
            if added == 0 {
                return Err(DeliveryError::Empty.into());
            }
            once.keep(tx, &list, app.clock.wall()).await?;
            Ok(list)
        })
        .await
}

fn item(line: &line::Model) -> Item {
    Item { line: line.id, order: line.order_id, sku: line.sku_id, quantity: line.units_left() }
}

/// The list leaves: its lines are sent, and its orders are `shipped` once all their lines are.
///
/// What was refunded since the list was gathered drops out.
#[tracing::instrument(skip_all, fields(list = %id))]
pub async fn depart(app: &App, shop: &Shop, id: DeliveryListId, actor: &str) -> Result<list::Model, Failure> {
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            let list = deliveries::query::lock(tx, shop.id, id).await?;
            let list = lists::advance(tx, list, ListEvent::Departed, now).await?;
            let travelling = Travelling::lock(tx, &list).await?;
            let mut sent = Vec::new();
            let mut dropped = Vec::new();
            for row in &travelling.rows {
                let units = travelling.units_left(row);
                if units == 0 {
                    dropped.push(row.line_id);
                    continue;
                }
                if units != row.quantity {
                    lists::set_quantity(tx, row, units).await?;
                }
                sent.push(row.line_id);
            }
            lists::drop_lines(tx, &list, &dropped).await?;
            progress::mark_shipped(tx, shop.id, &sent, &Parcel::default(), now).await?;
            for order in travelling.orders {
                if order.status == OrderStatus::Paid {
                    ship_if_whole(tx, order, actor, (now, app.clock.wall())).await?;
                }
            }
            Ok(list)
        })
        .await
}

/// The operator says that the list is at the pickup point. Once the leader has signed for it, or
/// the second time, nothing changes: it is one fact.
pub async fn deliver(app: &App, shop: &Shop, id: DeliveryListId, actor: &str) -> Result<list::Model, Failure> {
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            let list = deliveries::query::lock(tx, shop.id, id).await?;
            if list.state == ListState::Delivered {
                return Ok(list);
            }
            arrive_with(tx, list, &BTreeMap::new(), actor, (now, app.clock.wall())).await
        })
        .await
}

/// What a leader signs for.
#[derive(Clone, Debug, Default)]
pub struct Signature {
    /// Units missing, by line.
    pub short: Vec<(OrderLineId, i64)>,
    /// The leader's words.
    pub note: Option<String>,
}

/// The leader signs for a list, with what is missing. Short lines have not arrived: they wait for
/// the next list or for a refund. After the operator's word only the signature is noted, and
/// shortages are refused.
#[tracing::instrument(skip_all, fields(list = %id, %leader))]
pub async fn receive(
    app: &App,
    shop: &Shop,
    leader: LeaderId,
    id: DeliveryListId,
    signature: &Signature,
    once: &Once<list::Model>,
) -> Result<list::Model, Failure> {
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            let list = deliveries::query::lock(tx, shop.id, id).await?;
            if list.leader_id != leader {
                return Err(DeliveryError::NotFound(id).into());
            }
            let short: BTreeMap<_, _> = signature.short.iter().copied().filter(|(_, units)| *units > 0).collect();
            let delivered = list.state == ListState::Delivered;
            if delivered && !short.is_empty() {
                return Err(DeliveryError::WrongState { list: id, state: list.state }.into());
            }
            if !delivered {
                arrive_with(tx, list.clone(), &short, &format!("leader:{leader}"), (now, app.clock.wall())).await?;
            }
            lists::sign(tx, &list, signature.note.as_deref(), now).await?;
            let list = deliveries::query::by_id(tx, shop.id, id).await?;
            once.keep(tx, &list, app.clock.wall()).await?;
            Ok(list)
        })
        .await
}

async fn arrive_with(
    conn: &impl ConnectionTrait,
    list: list::Model,
    short: &BTreeMap<OrderLineId, i64>,
    actor: &str,
    (now, wall): (Time, Time),
) -> Result<list::Model, Failure> {
    let list = lists::advance(conn, list, ListEvent::Delivered, now).await?;
    let travelling = Travelling::lock(conn, &list).await?;
    check_shortages(&travelling.rows, short)?;
    let mut missing = Vec::new();
    let mut arrived = Vec::new();
    for row in &travelling.rows {
        match short.get(&row.line_id) {
            Some(units) => {
                lists::set_short(conn, row, *units).await?;
                missing.push(row.line_id);
            }
            None => arrived.push(row.line_id),
        }
    }
    progress::mark_arrived(conn, list.shop_id, &arrived, now).await?;
    progress::mark_unsent(conn, list.shop_id, &missing).await?;
    lists::free_lines(conn, &list).await?;
    for order in travelling.orders {
        if order.status == OrderStatus::Shipped {
            arrive_if_whole(conn, order, actor, (now, wall)).await?;
        }
    }
    Ok(list)
}

fn check_shortages(rows: &[delivery_line::Model], short: &BTreeMap<OrderLineId, i64>) -> Result<(), Invalid> {
    let fault = |(line, units): (&OrderLineId, &i64)| match rows.iter().find(|row| row.line_id == *line) {
        None => Some(FieldFault::new("lines", "unknown", format!("{line} is not on this list"))),
        Some(row) if *units > row.quantity => {
            let detail = format!("{line}: at most {}", row.quantity);
            Some(FieldFault::new("lines", "out_of_range", detail))
        }
        Some(_) => None,
    };
    Invalid::unless_empty(short.iter().filter_map(fault).collect())
}

/// A list's rows with the orders and order lines they move, locked.
struct Travelling {
    rows: Vec<delivery_line::Model>,
    orders: Vec<order::Model>,
    lines: BTreeMap<OrderLineId, line::Model>,
}

impl Travelling {
    async fn lock(conn: &impl ConnectionTrait, list: &list::Model) -> Result<Self, Failure> {
        let rows = deliveries::query::lines_of(conn, list.shop_id, &[list.id]).await?;
        let ids: BTreeSet<OrderId> = rows.iter().map(|row| row.order_id).collect();
        let ids: Vec<OrderId> = ids.into_iter().collect();
        let orders = progress::lock_all(conn, list.shop_id, &ids).await?;
        let lines = query::lines_of_all(conn, list.shop_id, &ids).await?;
        Ok(Self { rows, orders, lines: lines.into_iter().map(|line| (line.id, line)).collect() })
    }

    /// Units of a row that nobody has refunded; none of a closed order.
    fn units_left(&self, row: &delivery_line::Model) -> i64 {
        let open = |order: &&order::Model| {
            order.id == row.order_id && matches!(order.status, OrderStatus::Paid | OrderStatus::Shipped)
        };
        match (self.orders.iter().find(open), self.lines.get(&row.line_id)) {
            (Some(_), Some(line)) => line.units_left().max(0),
            _ => 0,
        }
    }
}

/// Sends an order, or some of its lines; it is `shipped` once all its lines are.
///
/// `chosen` empty means every line not sent yet. A line on an open delivery list travels with it.
#[tracing::instrument(skip_all, fields(order = %id))]
pub async fn ship(
    app: &App,
    shop: &Shop,
    id: OrderId,
    chosen: &[OrderLineId],
    parcel: &Parcel,
    actor: &str,
    once: &Once<Moved>,
) -> Result<Moved, Failure> {
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            let order = progress::lock(tx, shop.id, id).await?;
            let wrong = OrderError::WrongState { order: id, status: order.status, event: OrderEvent::Dispatched };
            // A pickup order that is under way already may still have lines that did not arrive.
            let resend = order.status == OrderStatus::Shipped && order.fulfilment != FulfilmentKind::Express;
            if order.status != OrderStatus::Paid && !resend {
                return Err(wrong.into());
            }
            let lines = query::lines_of(tx, shop.id, id).await?;
            let sent = to_send(&lines, chosen)?;
            not_on_a_list(tx, shop, &sent).await?;
            if progress::mark_shipped(tx, shop.id, &sent, parcel, now).await? == 0 {
                return Err(wrong.into());
            }
            let wall = app.clock.wall();
            let order = if resend { order } else { ship_if_whole(tx, order, actor, (now, wall)).await? };
            if order.status == OrderStatus::Paid && order.fulfilment == FulfilmentKind::Express {
                // WeChat hears of the parcels one by one, the last with a word that it is.
                shipping::wanted(tx, &order, wall).await?;
            }
            let moved = Moved { order, lines: query::lines_of(tx, shop.id, id).await? };
            once.keep(tx, &moved, app.clock.wall()).await?;
            Ok(moved)
        })
        .await
}

fn to_send(lines: &[line::Model], chosen: &[OrderLineId]) -> Result<Vec<OrderLineId>, Invalid> {
    let waiting = |line: &&line::Model| line.shipped_at.is_none() && !line.is_gone();
    if chosen.is_empty() {
        return Ok(lines.iter().filter(waiting).map(|line| line.id).collect());
    }
    let fault = |(place, id): (usize, &OrderLineId)| match lines.iter().find(|line| line.id == *id) {
        None => Some(FieldFault::new(format!("lines[{place}].line_id"), "unknown", "not a line of this order")),
        Some(line) if !waiting(&line) => {
            Some(FieldFault::new(format!("lines[{place}].line_id"), "invalid", "sent or refunded already"))
        }
        Some(_) => None,
    };
    Invalid::unless_empty(chosen.iter().enumerate().filter_map(fault).collect())?;
    Ok(chosen.to_vec())
}

async fn not_on_a_list(conn: &impl ConnectionTrait, shop: &Shop, lines: &[OrderLineId]) -> Result<(), Failure> {
    match deliveries::query::open_list_of(conn, shop.id, lines).await? {
        Some((line, list)) => Err(DeliveryError::OnList { line, list }.into()),
        None => Ok(()),
    }
}

/// A single order that was sent apart from any list is at its pickup point.
#[tracing::instrument(skip_all, fields(order = %id))]
pub async fn arrive(app: &App, shop: &Shop, id: OrderId, actor: &str, once: &Once<Moved>) -> Result<Moved, Failure> {
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            let order = progress::lock(tx, shop.id, id).await?;
            let wrong =
                OrderError::WrongState { order: id, status: order.status, event: OrderEvent::ArrivedAtPickupPoint };
            if order.status != OrderStatus::Shipped || order.fulfilment == FulfilmentKind::Express {
                return Err(wrong.into());
            }
            let lines = query::lines_of(tx, shop.id, id).await?;
            let ids: Vec<OrderLineId> = lines.iter().map(|line| line.id).collect();
            not_on_a_list(tx, shop, &ids).await?;
            if progress::mark_arrived(tx, shop.id, &ids, now).await? == 0 {
                return Err(wrong.into());
            }
            let order = arrive_if_whole(tx, order, actor, (now, app.clock.wall())).await?;
            let moved = Moved { order, lines: query::lines_of(tx, shop.id, id).await? };
            once.keep(tx, &moved, app.clock.wall()).await?;
            Ok(moved)
        })
        .await
}
