//! Opening the pay sheet: the request's bytes are stored before they are sent, and every repeat
//! sends the same.

use std::time::{Duration, Instant};

use gateways::pay::wechat_pay::{NewPrepay, PayError, PaymentParams, WechatPay};
use kernel::id::{CheckoutId, MemberId, OrderId, PaymentId, RechargeId};
use kernel::{Code, Coded, Failure, Time};

use crate::app::App;
use crate::areas::members::entity::member;
use crate::areas::members::error::MemberError;
use crate::areas::orders::entity::order;
use crate::areas::orders::error::OrderError;
use crate::areas::orders::state::{OrderEvent, OrderStatus};
use crate::areas::payments::entity::payment;
use crate::areas::payments::service::{self, Changes};
use crate::areas::payments::state::{PaymentEvent, PaymentState};
use crate::areas::recharges::error::RechargeError;
use crate::areas::recharges::state::RechargeState;
use crate::areas::shops::query::Shop;
use crate::areas::{members, orders, recharges};
use crate::flows::end_payment::end_payment;
use crate::flows::payable::{Payable, last_moment};
use crate::flows::payment_received::{self, Asked};

/// A prepay id lives two hours; it is asked for anew a little earlier.
pub(super) const PREPAY_LIFE: chrono::Duration = chrono::Duration::minutes(110);

/// The pauses before the same bytes are sent once more.
const AGAIN_AFTER: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(600)];
/// Nothing is sent again after this long: the shopper can do that.
const QUICKLY: Duration = Duration::from_secs(4);

/// Why the pay sheet cannot open.
#[derive(Debug, thiserror::Error)]
pub enum PrepayError {
    /// Nothing is left to pay.
    #[error("there is nothing to pay")]
    NotNeeded,
    /// The time to pay is over.
    #[error("the time to pay this order is over")]
    Expired,
    /// The order is being closed.
    #[error("the order is being closed")]
    Closing,
    /// It is paid at once with the others of its checkout.
    #[error("the order is paid together with the others of {0}")]
    Together(CheckoutId),
    /// Only for new buyers, and the member has bought since.
    #[error("the goods are for new buyers alone")]
    NewBuyersOnly,
    /// The platform cannot be asked now.
    #[error("the payment service gave no answer")]
    Unavailable(#[source] PayError),
    /// The platform refused.
    #[error("the payment service refused the order")]
    Refused(#[source] PayError),
}

impl Coded for PrepayError {
    fn code(&self) -> Code {
        match self {
            PrepayError::NotNeeded => Code::PaymentNotNeeded,
            PrepayError::Expired => Code::OrderExpired,
            PrepayError::Closing => Code::PaymentClosing,
            PrepayError::Together(_) => Code::PaidTogether,
            PrepayError::NewBuyersOnly => Code::NewBuyerOnly,
            PrepayError::Unavailable(_) => Code::PaymentUnavailable,
            PrepayError::Refused(_) => Code::PaymentRefused,
        }
    }

    fn extra(&self) -> Option<serde_json::Value> {
        match self {
            PrepayError::Together(checkout) => Some(serde_json::json!({ "checkout_id": checkout })),
            _ => None,
        }
    }
}

/// The fields `wx.requestPayment` needs. Calling again is safe.
#[tracing::instrument(skip_all, fields(order = %id))]
pub async fn prepay(app: &App, shop: &Shop, member: MemberId, id: OrderId) -> Result<PaymentParams, Failure> {
    let clients = app.clients.of(shop);
    let order = orders::query::of_member(app.db.reader(), shop.id, member, id).await?;
    payable_now(&order, app.clock.now())?;
    let together = orders::checkouts::waiting_with(app.db.reader(), &order).await?;
    if let (Some(checkout), true) = (order.checkout_id, together.len() > 1) {
        return Err(PrepayError::Together(checkout).into());
    }
    let pay = &clients.pay_for(order.merchant_no.as_deref())?;
    let member = members::query::by_id(app.db.reader(), shop.id, member).await?.ok_or(MemberError::TokenInvalid)?;
    if order.for_new_buyers {
        new_buyer_still(app, &member, &order).await?;
    }
    opened(app, shop, pay, &Payable::order(&order), &member.openid).await
}

/// Refuses goods for new buyers when the member has paid anything but what is of the same basket.
pub(super) async fn new_buyer_still(app: &App, member: &member::Model, order: &order::Model) -> Result<(), Failure> {
    if member.has_paid && orders::checkouts::has_paid_beside(app.db.reader(), order).await? {
        return Err(PrepayError::NewBuyersOnly.into());
    }
    Ok(())
}

/// As [`prepay`], for a recharge of the member.
#[tracing::instrument(skip_all, fields(recharge = %id))]
pub async fn prepay_recharge(
    app: &App,
    shop: &Shop,
    member: MemberId,
    id: RechargeId,
) -> Result<PaymentParams, Failure> {
    let clients = app.clients.of(shop);
    let recharge = recharges::query::of_member(app.db.reader(), shop.id, member, id).await?;
    match recharge.state {
        RechargeState::PendingPayment if recharge.expires_at <= app.clock.now() => {
            return Err(PrepayError::Expired.into());
        }
        RechargeState::PendingPayment => {}
        RechargeState::Paid => return Err(PrepayError::NotNeeded.into()),
        RechargeState::Closed => return Err(RechargeError::WrongState { recharge: id, state: recharge.state }.into()),
    }
    let pay = clients.pay()?;
    let member = members::query::by_id(app.db.reader(), shop.id, member).await?.ok_or(MemberError::TokenInvalid)?;
    opened(app, shop, pay, &Payable::recharge(&recharge), &member.openid).await
}

async fn opened(
    app: &App,
    shop: &Shop,
    pay: &WechatPay,
    what: &Payable,
    openid: &str,
) -> Result<PaymentParams, Failure> {
    let payment = stored(app, shop, pay, what, openid).await?;
    match sheet_of(app, pay, &payment).await {
        Err(NotOpened::Refused(error)) if number_is_spent(&error) => {
            another_number(app, shop, pay, what, openid, payment, error).await
        }
        Err(not_opened) => Err(not_opened.because(app, shop, pay, &payment).await),
        Ok(params) => Ok(params),
    }
}

/// Why no pay sheet opened.
enum NotOpened {
    /// The platform's answer.
    Refused(PayError),
    /// Ours.
    Failed(Failure),
}

impl NotOpened {
    async fn because(self, app: &App, shop: &Shop, pay: &WechatPay, payment: &payment::Model) -> Failure {
        match self {
            NotOpened::Refused(error) => refused(app, shop, pay, payment, error).await,
            NotOpened::Failed(failure) => failure,
        }
    }
}

/// The sheet of a stored payment: the prepay id at hand, or the one WeChat gives for the stored bytes.
async fn sheet_of(app: &App, pay: &WechatPay, payment: &payment::Model) -> Result<PaymentParams, NotOpened> {
    let wall = app.clock.wall();
    let sheet = |id: &str| {
        let unsigned = |error| NotOpened::Failed(PrepayError::Unavailable(error).into());
        pay.payment_params(id, wall.timestamp()).map_err(unsigned)
    };
    let fresh = payment.prepaid_at.is_some_and(|at| wall - at < PREPAY_LIFE);
    if let (PaymentState::Prepaid, Some(prepay_id), true) = (payment.state, &payment.prepay_id, fresh) {
        return sheet(prepay_id);
    }
    let body = payment.request_body.clone().unwrap_or_default();
    let prepay_id = patiently(async || pay.send_prepay(body.as_bytes()).await).await.map_err(NotOpened::Refused)?;
    let changes = Changes { prepaid: Some((prepay_id.clone(), wall)), ..Changes::default() };
    note_answer(app, payment, changes).await.map_err(NotOpened::Failed)?;
    sheet(&prepay_id)
}

/// Whether no sheet will ever open under this number again: it was used, closed, or is known with
/// other content (sheet §2).
pub(super) fn number_is_spent(error: &PayError) -> bool {
    match error {
        PayError::OutTradeNoUsed(_) | PayError::OrderClosed(_) => true,
        PayError::Refused(refusal) => refusal.signed && refusal.code == "INVALID_REQUEST",
        _ => false,
    }
}

/// The number is spent: unless it was paid it is ended, there and here, and the order gets another.
async fn another_number(
    app: &App,
    shop: &Shop,
    pay: &WechatPay,
    what: &Payable,
    openid: &str,
    spent: payment::Model,
    error: PayError,
) -> Result<PaymentParams, Failure> {
    if matches!(error, PayError::Refused(_)) && unknown_there(pay, &spent).await {
        // It was never used: the request itself is not liked, and another number changes nothing.
        return Err(refused(app, shop, pay, &spent, error).await);
    }
    if end_payment(app, shop, &spent).await? == Asked::Paid {
        return Err(PrepayError::NotNeeded.into());
    }
    tracing::warn!(payment = %spent.id, %error, "a number can no longer be paid; the order gets another");
    let payment = stored(app, shop, pay, what, openid).await?;
    match sheet_of(app, pay, &payment).await {
        Ok(params) => Ok(params),
        Err(not_opened) => Err(not_opened.because(app, shop, pay, &payment).await),
    }
}

/// Sends the stored bytes, and the same again when WeChat is in trouble: they are the same order
/// however often they come. Only while answers come quickly, because somebody waits.
pub(super) async fn patiently(send: impl AsyncFn() -> Result<String, PayError>) -> Result<String, PayError> {
    let begun = Instant::now();
    for pause in AGAIN_AFTER {
        match send().await {
            Err(error) if error.is_undecided() && begun.elapsed() < QUICKLY => {
                tracing::warn!(%error, "WeChat Pay did not take an order; it is sent again");
            }
            answer => return answer,
        }
        tokio::time::sleep(pause).await;
    }
    send().await
}

pub(super) fn payable_now(order: &order::Model, now: Time) -> Result<(), Failure> {
    match order.status {
        OrderStatus::PendingPayment if order.expires_at <= now => Err(PrepayError::Expired.into()),
        OrderStatus::PendingPayment => Ok(()),
        OrderStatus::Closed => {
            let event = OrderEvent::PaymentReceived;
            Err(OrderError::WrongState { order: order.id, status: order.status, event }.into())
        }
        _ => Err(PrepayError::NotNeeded.into()),
    }
}

/// The payment with its request stored, ready to be sent.
async fn stored(
    app: &App,
    shop: &Shop,
    pay: &WechatPay,
    what: &Payable,
    openid: &str,
) -> Result<payment::Model, Failure> {
    if let Some(payment) = what.subject.open_payment(app.db.reader(), shop).await? {
        return match payment.state {
            // What it was paid together with is not paid any more: WeChat is still to say what became of it.
            _ if payment.combination_id.is_some() => Err(PrepayError::Closing.into()),
            PaymentState::Prepaying | PaymentState::Prepaid => Ok(payment),
            PaymentState::Succeeded => Err(PrepayError::NotNeeded.into()),
            PaymentState::Closing | PaymentState::Closed => Err(PrepayError::Closing.into()),
            PaymentState::Created => {
                let body = body_of(app, shop, pay, what, openid, payment.id).await?;
                app.db
                    .write(async |tx| {
                        let changes = Changes { request_body: Some(body.clone()), ..Changes::default() };
                        let started = PaymentEvent::PrepayStarted;
                        Ok(service::advance(tx, &payment, started, changes, app.clock.now()).await?)
                    })
                    .await
            }
        };
    }
    let (now, wall) = (app.clock.now(), app.clock.wall());
    let id = PaymentId::new();
    let body = body_of(app, shop, pay, what, openid, id).await?;
    let payment = payment::Model { request_body: Some(body), ..what.new_payment(id, openid, (now, wall)) };
    app.db
        .write(async |tx| {
            // What is paid for is held while the payment is made, so that a close waits or has won.
            if !what.subject.still_unpaid(tx, shop, now).await? {
                return Err(PrepayError::Closing.into());
            }
            if let Some(other) = what.subject.open_payment(tx, shop).await? {
                return Ok(other);
            }
            service::create(tx, &payment).await?;
            Ok(payment.clone())
        })
        .await
}

async fn body_of(
    app: &App,
    shop: &Shop,
    pay: &WechatPay,
    what: &Payable,
    openid: &str,
    payment: PaymentId,
) -> Result<String, Failure> {
    let request = NewPrepay {
        description: what.subject.description(app, shop).await?,
        out_trade_no: payment.to_string(),
        time_expire: Some(last_moment(app, what.expires_at)),
        notify_url: notify_url(app, shop, "payment"),
        total: what.amount,
        openid: openid.to_owned(),
        profit_sharing: what.profit_sharing,
        goods: Vec::new(),
    };
    let body = pay.prepay_body(&request).map_err(PrepayError::Refused)?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// Where the platform calls us back about `kind`.
pub(crate) fn notify_url(app: &App, shop: &Shop, kind: &str) -> String {
    format!("{}/notify/wechat-pay/{}/{kind}", app.config.server.public_url, shop.code)
}

/// Keeps the prepay id. A payment that has moved on meanwhile (paid, closing) stays where it is.
async fn note_answer(app: &App, payment: &payment::Model, changes: Changes) -> Result<(), Failure> {
    let kept = app
        .db
        .write(async |tx| {
            let changes = Changes { prepaid: changes.prepaid.clone(), ..Changes::default() };
            Ok(service::advance(tx, payment, PaymentEvent::PrepayAnswered, changes, app.clock.now()).await?)
        })
        .await;
    match kept {
        Ok(_) => Ok(()),
        Err(failure) if failure.code() == Code::PaymentClosing => {
            let current = service::by_id(app.db.reader(), payment.shop_id, payment.id).await?;
            match current.map(|payment| payment.state) {
                Some(PaymentState::Prepaid) => Ok(()),
                Some(PaymentState::Succeeded) => Err(PrepayError::NotNeeded.into()),
                _ => Err(PrepayError::Closing.into()),
            }
        }
        Err(failure) => Err(failure),
    }
}

/// What a refused prepay means.
async fn refused(app: &App, shop: &Shop, pay: &WechatPay, payment: &payment::Model, error: PayError) -> Failure {
    match error {
        PayError::AlreadyPaid(_) | PayError::OutTradeNoUsed(_) => {
            match payment_received::ask(app, shop, pay, payment).await {
                Ok(Asked::Paid) => PrepayError::NotNeeded.into(),
                Ok(_) => PrepayError::Refused(error).into(),
                Err(failure) => failure,
            }
        }
        error if error.is_undecided() => PrepayError::Unavailable(error).into(),
        error if !error.is_definite_refusal() && !unknown_there(pay, payment).await => {
            PrepayError::Unavailable(error).into()
        }
        error => {
            tracing::error!(payment = %payment.id, %error, "the payment service refused an order");
            let undone = app
                .db
                .write(async |tx| {
                    let event = PaymentEvent::PrepayRefused;
                    Ok(service::advance(tx, payment, event, Changes::default(), app.clock.now()).await?)
                })
                .await;
            match undone {
                Err(failure) if !matches!(failure.code(), Code::PaymentClosing) => failure,
                _ => PrepayError::Refused(error).into(),
            }
        }
    }
}

/// Whether the platform says that it never heard of the payment: nobody signed
/// the refusal, so the request may have been taken all the same.
async fn unknown_there(pay: &WechatPay, payment: &payment::Model) -> bool {
    matches!(pay.query_order(&payment.id.to_string()).await, Err(PayError::NotFound(_)))
}
