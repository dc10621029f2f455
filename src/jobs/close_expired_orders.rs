//! Closes orders that were not paid in time, soon after their deadline.

use kernel::{Code, Failure};

use super::Done;
use crate::app::App;
use crate::areas::orders::query;
use crate::areas::orders::state::OrderEvent;
use crate::flows::close_order::{self, Closed};

/// Orders looked at in one run.
const BATCH: u64 = 100;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let overdue = query::overdue(app.db.reader(), app.clock.now(), BATCH).await?;
    let full = overdue.len() as u64 >= BATCH;
    let mut closed = 0;
    for order in overdue {
        let (id, shop) = (order.id, app.shops.by_id(order.shop_id)?);
        match close_order::close(app, &shop, order, OrderEvent::TimedOut, "system").await {
            Ok(Closed::Closed(_) | Closed::Paid) => closed += 1,
            // Nothing is closed without a clear answer; the order waits for the next run.
            Err(failure) if matches!(failure.code(), Code::PaymentUnavailable | Code::PaymentClosing) => {
                tracing::warn!(order = %id, %failure, "an expired order stays open until WeChat answers");
            }
            Err(failure) => tracing::error!(order = %id, %failure, "an expired order could not be closed"),
        }
    }
    // A full batch of which nothing could be closed must not spin.
    Ok(if full && closed > 0 { Done::PartOf(closed) } else { Done::AllOf(closed) })
}
