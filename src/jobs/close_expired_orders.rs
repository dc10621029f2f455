//! Closes orders that were not paid in time, soon after their deadline.

use futures::StreamExt;
use kernel::{Code, Failure};

use super::Done;
use crate::app::App;
use crate::areas::orders::entity::order;
use crate::areas::orders::query;
use crate::areas::orders::state::OrderEvent;
use crate::areas::shops::query::Shop;
use crate::flows::close_order;

/// Orders of a shop looked at in one run: a shop whose payment account does not answer delays its
/// own orders alone.
const BATCH: u64 = 100;
/// Orders closed at the same time: each asks WeChat twice.
const SIDE_BY_SIDE: usize = 8;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let (mut closed, mut full) = (0, false);
    for shop in app.shops.all().iter() {
        let overdue = query::overdue(app.db.reader(), shop.id, app.clock.now(), BATCH).await?;
        let found = overdue.len() as u64;
        let one = |order| close(app, shop, order);
        let ended = futures::stream::iter(overdue).map(one).buffer_unordered(SIDE_BY_SIDE);
        let ended = ended.filter(|ended| std::future::ready(*ended)).count().await as u64;
        // A full batch of which nothing could be closed must not spin.
        full |= found >= BATCH && ended > 0;
        closed += ended;
    }
    Ok(if full { Done::PartOf(closed) } else { Done::AllOf(closed) })
}

/// Whether the order no longer waits to be paid.
async fn close(app: &App, shop: &Shop, order: order::Model) -> bool {
    let id = order.id;
    match close_order::close(app, shop, order, OrderEvent::TimedOut, "system", None).await {
        Ok(_) => true,
        // Nothing is closed without a clear answer; the order waits for the next run.
        Err(failure) if matches!(failure.code(), Code::PaymentUnavailable | Code::PaymentClosing) => {
            tracing::warn!(order = %id, %failure, "an expired order stays open until WeChat answers");
            false
        }
        Err(failure) => {
            tracing::error!(order = %id, %failure, "an expired order could not be closed");
            false
        }
    }
}
