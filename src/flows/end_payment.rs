//! Ending a payment at the platform, so that nothing more comes under its number: WeChat is asked
//! before, and again whatever it answers. Payments made at once are ended at once.

use std::time::Duration;

use gateways::pay::wechat_pay::{PayError, WechatPay};
use kernel::Failure;
use sea_orm::DatabaseTransaction;

use crate::app::App;
use crate::areas::orders;
use crate::areas::payments::combinations;
use crate::areas::payments::entity::payment;
use crate::areas::payments::service::{self, Changes};
use crate::areas::payments::state::{PaymentEvent, PaymentState};
use crate::areas::shops::query::Shop;
use crate::flows::close_order::CloseError;
use crate::flows::payment_received::{self, Asked};

/// How long WeChat's answer about an order that is to be closed is waited for: there are others. A third
/// of it is the main host's, then the backup is asked.
pub const PATIENCE: Duration = Duration::from_secs(3);
/// When a close that began and never ended is looked after; longer than any takes.
const FORGOTTEN: chrono::Duration = chrono::Duration::seconds(40);
/// How long after an order's last moment it is believed that WeChat left it out of what it paid.
const LEFT_OUT_AFTER: chrono::Duration = chrono::Duration::minutes(10);

/// Ends a payment at the platform and here, so that another may take its place.
///
/// # Errors
/// As [`at_platform`].
pub async fn end_payment(app: &App, shop: &Shop, payment: &payment::Model) -> Result<Asked, Failure> {
    let (asked, payment) = ends(app, shop, payment).await?;
    if asked != Asked::Paid {
        move_on(app, &payment, &[PaymentEvent::Closed]).await?;
    }
    Ok(asked)
}

/// Ends the payment at the platform: from here no prepay starts, and it is left closing unless it was
/// paid. Answers what was found.
///
/// # Errors
/// [`CloseError::Unclear`] when WeChat cannot be asked: the payment stands as before.
pub async fn at_platform(app: &App, shop: &Shop, payment: &payment::Model) -> Result<Asked, Failure> {
    Ok(ends(app, shop, payment).await?.0)
}

/// As [`at_platform`], with the payment as it was left.
async fn ends(app: &App, shop: &Shop, payment: &payment::Model) -> Result<(Asked, payment::Model), Failure> {
    let payment = match payment.state {
        PaymentState::Succeeded => return Ok((Asked::Paid, payment.clone())),
        PaymentState::Closed => return Ok((Asked::Closed, payment.clone())),
        PaymentState::Closing => payment.clone(),
        _ => move_on(app, payment, &[PaymentEvent::CloseStarted]).await?,
    };
    match closed_there(app, shop, &payment).await {
        Ok(asked) => Ok((asked, payment)),
        Err(failure) => {
            move_on(app, &payment, &[PaymentEvent::CloseUndone]).await?;
            Err(failure)
        }
    }
}

/// Closes a payment at the platform. Whatever a close is answered but "closed", the platform is
/// asked once more how the payment stands, since it may have been paid meanwhile (sheet §2).
async fn closed_there(app: &App, shop: &Shop, payment: &payment::Model) -> Result<Asked, Failure> {
    let unclear = |error| Err(CloseError::Unclear(error).into());
    let clients = app.clients.of(shop);
    let pay = clients.pay()?;
    match payment_received::ask_within(app, shop, pay, payment, PATIENCE).await? {
        Asked::Open => {}
        // WeChat gave a prepay id for it: that it knows nothing now is no clear answer.
        Asked::Unknown if payment.prepay_id.is_some() => {
            return unclear(PayError::Unknown("a prepaid order is not known".to_owned()));
        }
        asked => return Ok(asked),
    }
    let error = match close(app, shop, pay, payment).await? {
        Ok(()) | Err(PayError::OrderClosed(_)) => return Ok(Asked::Closed),
        Err(error) => error,
    };
    match payment_received::ask_within(app, shop, pay, payment, PATIENCE).await {
        Ok(asked @ (Asked::Paid | Asked::Closed)) => Ok(asked),
        Ok(Asked::Open) if is_left_out(app, shop, payment).await? => Ok(Asked::LeftOut),
        Ok(_) | Err(_) => unclear(error),
    }
}

/// Whether a payment was left out when others of the same whole were paid. WeChat pays all of a whole or
/// nothing and closes no part of one (sheet §3): such a number is spent, and nobody will ever say so. It
/// is believed when the order's time has been over for long.
async fn is_left_out(app: &App, shop: &Shop, payment: &payment::Model) -> Result<bool, Failure> {
    let conn = app.db.reader();
    let beside = combinations::beside(conn, payment).await?;
    let Some(order) = payment.order_id.filter(|_| beside.iter().any(|other| other.state == PaymentState::Succeeded))
    else {
        return Ok(false);
    };
    let order = orders::query::by_id(conn, shop.id, order).await?;
    let is_over = order.is_some_and(|order| order.expires_at + LEFT_OUT_AFTER <= app.clock.now());
    if is_over {
        metrics::counter!("payment_alarms_total", "kind" => "left_out").increment(1);
        tracing::error!(payment = %payment.id, "ALARM: WeChat paid a combined order without one of its parts");
    }
    Ok(is_over)
}

/// Closes the number of a payment, or the combined one with the list of all its orders.
async fn close(
    app: &App,
    shop: &Shop,
    pay: &WechatPay,
    payment: &payment::Model,
) -> Result<Result<(), PayError>, Failure> {
    let pay = pay.within(PATIENCE);
    let pay = payment.merchant_no.as_ref().map_or_else(|| pay.clone(), |merchant| pay.for_sub_merchant(merchant));
    let Some(whole) = payment.combination_id else { return Ok(pay.close_order(&payment.id.to_string()).await) };
    let own = app.clients.of(shop).pay()?.receiver().to_owned();
    let all = combinations::payments_of(app.db.reader(), shop.id, whole).await?;
    let named = |one: &payment::Model| (one.merchant_no.clone().unwrap_or_else(|| own.clone()), one.id.to_string());
    let list: Vec<_> = all.iter().map(named).collect();
    Ok(pay.close_combined(&whole.to_string(), &list).await)
}

/// Moves a payment on, and those made with it as far as they can follow. Of two racing callers one wins;
/// the other is told where the payment stands.
pub async fn move_on(app: &App, payment: &payment::Model, events: &[PaymentEvent]) -> Result<payment::Model, Failure> {
    app.db
        .write(async |tx| {
            let mut own = payment.clone();
            for event in events {
                own = step(app, tx, &own, *event).await?;
            }
            for other in combinations::beside(tx, payment).await? {
                let mut moved = other;
                for event in events {
                    if moved.state.after(*event).is_some() {
                        moved = step(app, tx, &moved, *event).await?;
                    }
                }
            }
            Ok(own)
        })
        .await
}

async fn step(
    app: &App,
    tx: &DatabaseTransaction,
    payment: &payment::Model,
    event: PaymentEvent,
) -> Result<payment::Model, Failure> {
    let ask_at = (event == PaymentEvent::CloseStarted).then(|| app.clock.wall() + FORGOTTEN);
    let changes = Changes { ask_at, ..Changes::default() };
    Ok(service::advance(tx, payment, event, changes, app.clock.now()).await?)
}
