//! What became of a payment that nobody tells us of: WeChat is asked, and the payment here follows.

use kernel::Failure;

use crate::app::App;
use crate::areas::orders::state::OrderStatus;
use crate::areas::payments::entity::payment;
use crate::areas::payments::service;
use crate::areas::payments::state::{PaymentEvent, PaymentState};
use crate::areas::recharges::state::RechargeState;
use crate::areas::shops::query::Shop;
use crate::areas::{orders, recharges};
use crate::flows::end_payment::{end_payment, move_on};
use crate::flows::payment_received::{self, Asked};

/// Asks about an open payment, or about one whose close began and never ended, and moves it on.
///
/// # Errors
/// What the platform or its client says; the next question comes later all the same.
#[tracing::instrument(skip_all, fields(payment = %payment.id))]
pub async fn follow(app: &App, shop: &Shop, payment: &payment::Model) -> Result<(), Failure> {
    let clients = app.clients.of(shop);
    let pay = match clients.pay() {
        Ok(pay) => pay,
        Err(error) => {
            put_off(app, payment).await?;
            return Err(error.into());
        }
    };
    let closing = payment.state == PaymentState::Closing;
    match payment_received::ask(app, shop, pay, payment).await? {
        Asked::Paid | Asked::LeftOut => Ok(()),
        // Whoever wanted to close it died: it can be paid again.
        Asked::Open | Asked::Unknown if closing => move_on(app, payment, &[PaymentEvent::CloseUndone]).await.map(drop),
        Asked::Open if !is_wanted(app, shop, payment).await? => end_payment(app, shop, payment).await.map(drop),
        Asked::Open | Asked::Unknown => Ok(()),
        Asked::Closed if closing => move_on(app, payment, &[PaymentEvent::Closed]).await.map(drop),
        // Closed behind our back: the next prepay makes another number.
        Asked::Closed => move_on(app, payment, &[PaymentEvent::CloseStarted, PaymentEvent::Closed]).await.map(drop),
    }
}

/// Notes that the payment could not be asked about: the next try comes later.
pub async fn put_off(app: &App, payment: &payment::Model) -> Result<(), Failure> {
    app.db.write(async |tx| Ok(service::asked(tx, payment, app.clock.wall()).await?)).await
}

/// Whether the order or recharge still waits for money; it may have been paid under another number.
async fn is_wanted(app: &App, shop: &Shop, payment: &payment::Model) -> Result<bool, Failure> {
    let conn = app.db.reader();
    if let Some(recharge) = payment.recharge_id {
        return Ok(recharges::query::by_id(conn, shop.id, recharge).await?.state == RechargeState::PendingPayment);
    }
    let Some(order) = payment.order_id else { return Ok(false) };
    let order = orders::query::by_id(conn, shop.id, order).await?;
    Ok(order.is_some_and(|order| order.status == OrderStatus::PendingPayment))
}
