//! Asks WeChat about payments and refunds whose notification is late, at growing intervals.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::areas::payments::{query, refunds};
use crate::flows::{payment_received, refund};

/// Rows asked about in one run.
const BATCH: u64 = 50;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let wall = app.clock.wall();
    let payments = query::due(app.db.reader(), wall, BATCH).await?;
    let open_refunds = refunds::due(app.db.reader(), wall, BATCH).await?;
    let count = (payments.len() + open_refunds.len()) as u64;
    let full = payments.len() as u64 >= BATCH || open_refunds.len() as u64 >= BATCH;
    for payment in payments {
        let shop = app.shops.by_id(payment.shop_id)?;
        let clients = app.clients.of(&shop);
        let asked = match clients.pay() {
            Ok(pay) => payment_received::ask(app, &shop, pay, &payment).await.map(|_| ()),
            Err(error) => Err(error.into()),
        };
        if let Err(failure) = asked {
            tracing::warn!(payment = %payment.id, %failure, "a payment could not be asked about");
        }
    }
    for open in open_refunds {
        let shop = app.shops.by_id(open.shop_id)?;
        if let Err(failure) = refund::ask(app, &shop, &open).await {
            tracing::warn!(refund = %open.id, %failure, "a refund could not be asked about");
        }
    }
    Ok(if full { Done::PartOf(count) } else { Done::AllOf(count) })
}
