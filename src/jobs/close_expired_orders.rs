//! Closes orders that were not paid in time, soon after their deadline. Every shop is worked by
//! itself, so that one whose payment account does not answer delays its own orders alone.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use chrono::Duration;
use futures::StreamExt;
use futures::future::join_all;
use kernel::{Code, Failure, Time};

use super::Done;
use crate::app::App;
use crate::areas::orders::entity::order;
use crate::areas::orders::state::OrderEvent;
use crate::areas::orders::query;
use crate::areas::payments::query::offered;
use crate::areas::shops::query::Shop;
use crate::flows::{close_order, end_payment};

/// Orders of a shop looked at in one run.
const BATCH: u64 = 100;
/// Orders of a shop closed at the same time: each asks WeChat twice.
const SIDE_BY_SIDE: usize = 8;
/// How long after its deadline an order is tried again without a pause.
const FRESH: Duration = Duration::seconds(10);
/// The longest pause before an order that could not be closed is tried again.
const PAUSE_MAX: Duration = Duration::minutes(5);

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let shops = app.shops.all();
    let (mut closed, mut full) = (0, false);
    for outcome in join_all(shops.iter().map(|shop| close_overdue(app, shop))).await {
        let (ended, more) = outcome?;
        closed += ended;
        full |= more;
    }
    Ok(if full { Done::PartOf(closed) } else { Done::AllOf(closed) })
}

/// Closes what is overdue in a shop; how many orders ended, and whether more may be closed at once.
async fn close_overdue(app: &App, shop: &Shop) -> Result<(u64, bool), Failure> {
    let times = (app.clock.now(), app.clock.wall());
    let mut overdue = query::overdue(app.db.reader(), shop.id, times, BATCH).await?;
    if overdue.is_empty() {
        return Ok((0, false));
    }
    let found = overdue.len() as u64;
    let ids: Vec<_> = overdue.iter().map(|order| order.id).collect();
    let offered = offered(app.db.reader(), shop.id, &ids).await?;
    // WeChat knows nothing of an order that was never offered for payment, and need not be asked.
    overdue.sort_by_key(|order| offered.contains(&order.id));

    let silent = AtomicBool::new(false);
    let one = |order: order::Model| {
        let asks = offered.contains(&order.id);
        let silent = &silent;
        async move {
            // Where WeChat leaves one order without an answer, the others are not worth the wait.
            let given_up = asks && silent.load(Ordering::Relaxed);
            if !given_up && close(app, shop, order.clone(), silent).await {
                return None;
            }
            Some((order.id, next_try(app, &order)))
        }
    };
    let left: Vec<Option<_>> = futures::stream::iter(overdue).map(one).buffer_unordered(SIDE_BY_SIDE).collect().await;
    let left: Vec<_> = left.into_iter().flatten().collect();
    close_order::try_later(app, shop, &left).await?;
    let ended = found - left.len() as u64;
    // A full batch of which nothing could be closed must not spin.
    Ok((ended, found >= BATCH && ended > 0))
}

/// When an order is tried again: at once while its deadline is fresh, and then the later the longer
/// it has been overdue.
fn next_try(app: &App, order: &order::Model) -> Time {
    let overdue = app.clock.now() - order.expires_at;
    let pause = (overdue - FRESH).num_seconds() / 2;
    app.clock.wall() + Duration::seconds(pause).clamp(Duration::zero(), PAUSE_MAX)
}

/// Whether the order no longer waits to be paid; notes whether WeChat is silent.
async fn close(app: &App, shop: &Shop, order: order::Model, silent: &AtomicBool) -> bool {
    let (id, started) = (order.id, Instant::now());
    match close_order::close(app, shop, order, OrderEvent::TimedOut, "system", None).await {
        Ok(_) => true,
        // Nothing is closed without a clear answer.
        Err(failure) if matches!(failure.code(), Code::PaymentUnavailable | Code::PaymentClosing) => {
            tracing::warn!(order = %id, %failure, "an expired order stays open until WeChat answers");
            silent.fetch_or(started.elapsed() >= end_payment::PATIENCE, Ordering::Relaxed);
            false
        }
        Err(failure) => {
            tracing::error!(order = %id, %failure, "an expired order could not be closed");
            false
        }
    }
}
