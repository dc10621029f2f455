//! Goods in the hands of the member: confirmed by him, here or at WeChat, received by time, and
//! what an order becomes once its lines are.

use chrono::Duration;
use kernel::id::{MemberId, OrderId, OrderLineId, ShopId};
use kernel::{Failure, Time};
use sea_orm::ConnectionTrait;

use crate::app::App;
use crate::areas::after_sales;
use crate::areas::orders::entity::{line, order};
use crate::areas::orders::error::OrderError;
use crate::areas::orders::progress::{self, Awaited};
use crate::areas::orders::state::{FulfilmentKind, OrderEvent, OrderStatus};
use crate::areas::orders::{query, service};
use crate::areas::shipping::rules::is_buyers_word;
use crate::areas::shops::query::Shop;
use crate::areas::shops::settings::Settings;
use crate::flows::{member_money, shipping};
use crate::platform::request_keys::Once;

/// How many orders one page of the job holds.
const BATCH: u64 = 100;

/// An order that moved on, with its lines.
#[derive(Clone, Debug)]
pub struct Moved {
    /// The order as it now stands.
    pub order: order::Model,
    /// Its lines.
    pub lines: Vec<line::Model>,
}

/// How long a line's after-sale window lasts from its receipt.
pub fn after_sale_window(settings: &Settings) -> Duration {
    Duration::seconds(settings.after_sale_window_s)
}

/// The member says that he has the goods: an arrived order, or a parcel that was sent.
///
/// The after-sale window of every line begins now. Where WeChat keeps the money it is WeChat that he
/// tells first; where that was heard of here before he said so, nothing changes any more.
#[tracing::instrument(skip_all, fields(%order))]
pub async fn confirm(
    app: &App,
    shop: &Shop,
    member: MemberId,
    order: OrderId,
    once: &Once<Moved>,
) -> Result<Moved, Failure> {
    let told_wechat = shipping::may_confirm(app, shop, member, order).await?;
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            let order = progress::lock(tx, shop.id, order).await?;
            if order.member_id != member {
                return Err(OrderError::NotFound(order.id).into());
            }
            let is_received = matches!(order.status, OrderStatus::Received | OrderStatus::Completed);
            let order = if told_wechat && is_received && order.fulfilment == FulfilmentKind::Express {
                order
            } else {
                receive_all(tx, shop, order, &format!("member:{member}"), (now, app.clock.wall())).await?
            };
            let moved = Moved { lines: query::lines_of(tx, shop.id, order.id).await?, order };
            once.keep(tx, &moved, app.clock.wall()).await?;
            Ok(moved)
        })
        .await
}

/// WeChat says that receipt of an order was confirmed there: the member's confirmation, once,
/// whoever tells of it and however often. Says whether the order was received now.
///
/// It counts for parcels that were all sent. What may be WeChat's own time-out is left to ours, an
/// open ticket holds it up as it does that one, and what is collected is received by its code.
pub async fn confirmed_at_wechat(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    order: OrderId,
    times: (Time, Time),
) -> Result<bool, Failure> {
    let order = progress::lock(conn, shop.id, order).await?;
    if order.fulfilment != FulfilmentKind::Express || order.status != OrderStatus::Shipped {
        return Ok(false);
    }
    let lines = query::lines_of(conn, shop.id, order.id).await?;
    let first_sent = lines.iter().filter_map(|line| line.shipped_at).min();
    let counts = first_sent.is_some_and(|at| is_buyers_word(at, times.0));
    if !counts || has_open_ticket(conn, shop.id, order.id).await? {
        return Ok(false);
    }
    receive_all(conn, shop, order, "wechat", times).await?;
    Ok(true)
}

/// Receives every line of an order that is where the member can have it; the order must be locked.
async fn receive_all(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    order: order::Model,
    actor: &str,
    (now, wall): (Time, Time),
) -> Result<order::Model, Failure> {
    let express = order.fulfilment == FulfilmentKind::Express;
    let within_reach = if express { OrderStatus::Shipped } else { OrderStatus::Arrived };
    if order.status != within_reach {
        return Err(wrong_state(&order, OrderEvent::HandedOver).into());
    }
    let lines = query::lines_of(conn, shop.id, order.id).await?;
    let open: Vec<OrderLineId> =
        lines.iter().filter(|line| line.received_at.is_none() && !line.is_gone()).map(|line| line.id).collect();
    progress::mark_received(conn, shop.id, &open, after_sale_window(&shop.settings), now).await?;
    move_on(conn, order, actor, (now, wall)).await
}

fn wrong_state(order: &order::Model, event: OrderEvent) -> OrderError {
    OrderError::WrongState { order: order.id, status: order.status, event }
}

/// Moves a locked order on as far as its lines allow: `received` once every line is, `completed`
/// once every line's window has ended. Lines that were refunded whole hold nothing up.
pub async fn move_on(
    conn: &impl ConnectionTrait,
    mut order: order::Model,
    actor: &str,
    (now, wall): (Time, Time),
) -> Result<order::Model, Failure> {
    let mut lines = query::lines_of(conn, order.shop_id, order.id).await?;
    lines.retain(|line| !line.is_gone());
    if lines.is_empty() {
        return Ok(order);
    }
    let underway = matches!(order.status, OrderStatus::Shipped | OrderStatus::Arrived);
    if underway && lines.iter().all(|line| line.received_at.is_some()) {
        order = service::advance_known(conn, order, OrderEvent::HandedOver, actor, None, now).await?;
        // Whatever was handed over before all of it had arrived is told now at the latest.
        shipping::wanted(conn, &order, wall).await?;
        shipping::received(conn, &order, wall).await?;
    }
    if order.status == OrderStatus::Received && lines.iter().all(|line| line.settled_at.is_some()) {
        order = service::advance_known(conn, order, OrderEvent::WindowsEnded, actor, None, now).await?;
        member_money::earn(conn, &order, now).await?;
        shipping::received(conn, &order, wall).await?;
    }
    Ok(order)
}

/// A paid order whose remaining lines were all sent is `shipped`. Of a parcel WeChat is told
/// now, of goods on their way to a pickup point when they are there.
pub async fn ship_if_whole(
    conn: &impl ConnectionTrait,
    order: order::Model,
    actor: &str,
    (now, wall): (Time, Time),
) -> Result<order::Model, Failure> {
    if order.status == OrderStatus::Paid && all_left(conn, &order, |line| line.shipped_at.is_some()).await? {
        let order = service::advance_known(conn, order, OrderEvent::Dispatched, actor, None, now).await?;
        if order.fulfilment == FulfilmentKind::Express {
            shipping::wanted(conn, &order, wall).await?;
        }
        return Ok(order);
    }
    Ok(order)
}

/// An order under way whose remaining lines are all at the pickup point is `arrived`.
pub async fn arrive_if_whole(
    conn: &impl ConnectionTrait,
    order: order::Model,
    actor: &str,
    (now, wall): (Time, Time),
) -> Result<order::Model, Failure> {
    if order.status != OrderStatus::Shipped || !all_left(conn, &order, |line| line.arrived_at.is_some()).await? {
        return Ok(order);
    }
    let order = service::advance_known(conn, order, OrderEvent::ArrivedAtPickupPoint, actor, None, now).await?;
    shipping::wanted(conn, &order, wall).await?;
    // Lines that arrived with an earlier list may have been handed over already.
    move_on(conn, order, actor, (now, wall)).await
}

/// Whether lines are left of an order and `holds` for each of them.
async fn all_left(
    conn: &impl ConnectionTrait,
    order: &order::Model,
    holds: impl Fn(&line::Model) -> bool,
) -> Result<bool, Failure> {
    let mut lines = query::lines_of(conn, order.shop_id, order.id).await?;
    lines.retain(|line| !line.is_gone());
    Ok(!lines.is_empty() && lines.iter().all(holds))
}

/// What a refund of some units leaves behind: a line whose remaining units were all handed over is
/// received now, and the order moves on as far as its remaining lines are. Called inside the
/// refund's transaction, after the lines were written.
pub async fn after_refund(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    order: OrderId,
    actor: &str,
    times: (Time, Time),
) -> Result<order::Model, Failure> {
    let order = progress::lock(conn, shop.id, order).await?;
    let underway = [OrderStatus::Paid, OrderStatus::Shipped, OrderStatus::Arrived, OrderStatus::Received];
    if !underway.contains(&order.status) {
        return Ok(order);
    }
    let lines = query::lines_of(conn, shop.id, order.id).await?;
    receive_handed_over(conn, shop, &lines, times.0).await?;
    let order = ship_if_whole(conn, order, actor, times).await?;
    let order = arrive_if_whole(conn, order, actor, times).await?;
    move_on(conn, order, actor, times).await
}

/// Marks the lines of which every remaining unit was redeemed as received.
pub async fn receive_handed_over(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    lines: &[line::Model],
    now: Time,
) -> Result<(), Failure> {
    let whole = |line: &&line::Model| line.received_at.is_none() && !line.is_gone() && line.units_to_hand_over() <= 0;
    let done: Vec<OrderLineId> = lines.iter().filter(whole).map(|line| line.id).collect();
    if !done.is_empty() {
        progress::mark_received(conn, shop.id, &done, after_sale_window(&shop.settings), now).await?;
    }
    Ok(())
}

/// Receives the orders of every shop whose time has come, and says how many.
///
/// Orders with an open ticket wait, and so do collected ones where the shop wants every code
/// redeemed: those show up as overdue.
pub async fn receive_due(app: &App) -> Result<u64, Failure> {
    let mut received = 0;
    for shop in app.shops.all().iter() {
        received += receive_due_of(app, shop, Awaited::ByExpress).await?;
        if !shop.settings.redemption_required {
            received += receive_due_of(app, shop, Awaited::AtPickupPoint).await?;
        }
    }
    Ok(received)
}

async fn receive_due_of(app: &App, shop: &Shop, awaited: Awaited) -> Result<u64, Failure> {
    let now = app.clock.now();
    let before = overdue_since(&shop.settings, now);
    let (mut received, mut after, mut failed) = (0, None, None);
    loop {
        let page = progress::awaiting_receipt(app.db.reader(), shop.id, awaited, before, after, BATCH).await?;
        for order in &page {
            match receive_by_time(app, shop, order.id, now).await {
                Ok(done) => received += u64::from(done),
                // One order that cannot be received must not keep the others waiting.
                Err(failure) => {
                    tracing::error!(order = %order.id, %failure, "an order could not be received");
                    failed = Some(failure);
                }
            }
        }
        after = page.last().map(|order| order.id);
        if u64::try_from(page.len()).unwrap_or(BATCH) < BATCH {
            return failed.map_or(Ok(received), Err);
        }
    }
}

/// Orders that arrived, or were sent, before this moment have waited long enough.
pub fn overdue_since(settings: &Settings, now: Time) -> Time {
    now - Duration::days(settings.auto_receive_days)
}

async fn receive_by_time(app: &App, shop: &Shop, order: OrderId, now: Time) -> Result<bool, Failure> {
    app.db
        .write(async |tx| {
            let order = progress::lock(tx, shop.id, order).await?;
            // Since the look, the member may have confirmed it or opened a ticket.
            let moved_on = !matches!(order.status, OrderStatus::Shipped | OrderStatus::Arrived);
            if moved_on || has_open_ticket(tx, shop.id, order.id).await? {
                return Ok(false);
            }
            receive_all(tx, shop, order, "system", (now, app.clock.wall())).await?;
            Ok(true)
        })
        .await
}

async fn has_open_ticket(conn: &impl ConnectionTrait, shop: ShopId, order: OrderId) -> Result<bool, Failure> {
    let lines = query::lines_of(conn, shop, order).await?;
    let ids: Vec<OrderLineId> = lines.iter().map(|line| line.id).collect();
    Ok(!after_sales::query::open_among(conn, &ids).await?.is_empty())
}
