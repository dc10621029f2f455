//! Recharges that nobody paid are closed: WeChat is asked first, as for orders.

use chrono::Duration;
use kernel::{Code, Failure};

use crate::app::App;
use crate::areas::payments::query as payments;
use crate::areas::recharges::entity::recharge;
use crate::areas::recharges::state::{RechargeEvent, RechargeState};
use crate::areas::recharges::{query, service};
use crate::areas::shops::query::Shop;
use crate::flows::end_payment::end_payment;
use crate::flows::payment_received::Asked;

/// Recharges looked at in one run.
const BATCH: u64 = 50;
/// The pause before one that could not be closed is tried again.
const PAUSE: Duration = Duration::seconds(30);

/// Closes what is overdue over all shops; how many ended, and whether more may be due.
pub async fn close_overdue(app: &App) -> Result<(u64, bool), Failure> {
    let overdue = query::overdue(app.db.reader(), (app.clock.now(), app.clock.wall()), BATCH).await?;
    let full = u64::try_from(overdue.len()).unwrap_or(BATCH) == BATCH;
    let mut ended = 0;
    for recharge in &overdue {
        let outcome = match app.shops.by_id(recharge.shop_id) {
            Ok(shop) => close(app, &shop, recharge).await,
            Err(unknown) => Err(unknown.into()),
        };
        match outcome {
            Ok(()) => ended += 1,
            // Nothing is closed without a clear answer.
            Err(failure) => {
                tracing::warn!(recharge = %recharge.id, %failure, "an expired recharge stays open for now");
                let at = app.clock.wall() + PAUSE;
                app.db.write(async |tx| Ok(service::close_later(tx, recharge, at).await?)).await?;
            }
        }
    }
    Ok((ended, full && ended > 0))
}

async fn close(app: &App, shop: &Shop, known: &recharge::Model) -> Result<(), Failure> {
    if let Some(payment) = payments::open_of_recharge(app.db.reader(), shop.id, known.id).await?
        && end_payment(app, shop, &payment).await? == Asked::Paid
    {
        return Ok(());
    }
    let closed = app
        .db
        .write(async |tx| {
            let recharge = query::held(tx, shop.id, known.id).await?;
            let opened_again = payments::open_of_recharge(tx, shop.id, known.id).await?.is_some();
            if recharge.state != RechargeState::PendingPayment || opened_again {
                return Ok(false);
            }
            service::advance(tx, &recharge, RechargeEvent::Closed, app.clock.now()).await?;
            Ok(true)
        })
        .await;
    match closed {
        Ok(true) => tracing::info!(recharge = %known.id, "recharge closed"),
        Ok(false) => {}
        Err(failure) if failure.code() == Code::RechargeWrongState => {}
        Err(failure) => return Err(failure),
    }
    Ok(())
}
