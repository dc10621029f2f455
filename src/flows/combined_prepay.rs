//! Opening the pay sheet for all orders of a checkout at once (R-71, sheet §3). As with one order the
//! request's bytes are stored before they are sent, and every repeat sends the same.

use gateways::pay::wechat_pay::{CombinedPart, NewCombined, PayError, PaymentParams, WechatPay};
use kernel::id::{CheckoutId, CombinationId, MemberId, PaymentId};
use kernel::{Code, Failure, Fen};

use crate::app::App;
use crate::areas::members::error::MemberError;
use crate::areas::orders::entity::order;
use crate::areas::orders::state::OrderStatus;
use crate::areas::payments::entity::{combination, payment};
use crate::areas::payments::service::{self, Changes};
use crate::areas::payments::state::{PaymentEvent, PaymentState};
use crate::areas::payments::{combinations, query};
use crate::areas::shops::query::Shop;
use crate::areas::{members, orders};
use crate::flows::end_payment::end_payment;
use crate::flows::payable::{Payable, description_of, last_moment};
use crate::flows::payment_received::{self, Asked};
use crate::flows::prepay::{self, PREPAY_LIFE, PrepayError, notify_url, number_is_spent, patiently, payable_now};

/// The fields `wx.requestPayment` needs for all orders of a checkout that wait for money. Calling again
/// is safe; a single one is paid in the ordinary way.
#[tracing::instrument(skip_all, fields(checkout = %id))]
pub async fn prepay(app: &App, shop: &Shop, member: MemberId, id: CheckoutId) -> Result<PaymentParams, Failure> {
    let checkout = orders::checkouts::of_member(app.db.reader(), shop.id, member, id).await?;
    let all = orders::checkouts::orders_of(app.db.reader(), shop.id, id).await?;
    let due = |order: &&order::Model| order.status == OrderStatus::PendingPayment;
    let waiting: Vec<order::Model> = all.iter().filter(due).cloned().collect();
    match waiting.as_slice() {
        [] => {
            // What all of them came to, the first tells.
            if let Some(order) = all.first() {
                payable_now(order, app.clock.now())?;
            }
            return Err(PrepayError::NotNeeded.into());
        }
        [only] => return prepay::prepay(app, shop, member, only.id).await,
        _ => {}
    }
    for order in &waiting {
        payable_now(order, app.clock.now())?;
    }
    let clients = app.clients.of(shop);
    let pay = clients.pay()?;
    let member = members::query::by_id(app.db.reader(), shop.id, member).await?.ok_or(MemberError::TokenInvalid)?;
    if let Some(order) = waiting.iter().find(|order| order.for_new_buyers) {
        prepay::new_buyer_still(app, &member, order).await?;
    }
    let whole = Whole { app, shop, pay, checkout: checkout.id, orders: &waiting, openid: &member.openid };
    whole.sheet().await
}

/// The orders that are paid at once, and by whom.
struct Whole<'a> {
    app: &'a App,
    shop: &'a Shop,
    pay: &'a WechatPay,
    checkout: CheckoutId,
    orders: &'a [order::Model],
    openid: &'a str,
}

/// An attempt that can be sent, with one of its payments, by which the whole is asked about.
struct Attempt {
    combination: combination::Model,
    payment: payment::Model,
}

impl Whole<'_> {
    async fn sheet(&self) -> Result<PaymentParams, Failure> {
        let attempt = self.stored().await?;
        let error = match self.opened(&attempt).await? {
            Ok(params) => return Ok(params),
            Err(error) => error,
        };
        if !number_is_spent(&error) || (matches!(error, PayError::Refused(_)) && self.is_unknown(&attempt).await) {
            return Err(self.refused(&attempt, error).await);
        }
        // No sheet will ever open under this number: unless it was paid it is ended, and another follows.
        if end_payment(self.app, self.shop, &attempt.payment).await? == Asked::Paid {
            return Err(PrepayError::NotNeeded.into());
        }
        tracing::warn!(combination = %attempt.combination.id, %error, "a combined number can no longer be paid");
        let attempt = self.stored().await?;
        match self.opened(&attempt).await? {
            Ok(params) => Ok(params),
            Err(error) => Err(self.refused(&attempt, error).await),
        }
    }

    /// The sheet of a stored attempt: the prepay id at hand, or the one WeChat gives for the stored bytes.
    async fn opened(&self, attempt: &Attempt) -> Result<Result<PaymentParams, PayError>, Failure> {
        let (wall, known) = (self.app.clock.wall(), &attempt.combination);
        let sheet = |id: &str| {
            let params = self.pay.payment_params(id, wall.timestamp()).map_err(PrepayError::Unavailable)?;
            Ok::<_, Failure>(Ok(params))
        };
        let fresh = known.prepaid_at.is_some_and(|at| wall - at < PREPAY_LIFE);
        if let (PaymentState::Prepaid, Some(prepay_id), true) = (attempt.payment.state, &known.prepay_id, fresh) {
            return sheet(prepay_id);
        }
        let body = known.request_body.as_bytes();
        let prepay_id = match patiently(async || self.pay.send_combined(body).await).await {
            Ok(prepay_id) => prepay_id,
            Err(error) => return Ok(Err(error)),
        };
        self.note_answer(attempt, &prepay_id).await?;
        sheet(&prepay_id)
    }

    /// Keeps the prepay id. What was paid or is being closed meanwhile stays where it is.
    async fn note_answer(&self, attempt: &Attempt, prepay_id: &str) -> Result<(), Failure> {
        let (app, id) = (self.app, attempt.combination.id);
        app.db
            .write(async |tx| {
                let (now, wall) = (app.clock.now(), app.clock.wall());
                combinations::prepaid(tx, id, prepay_id, wall).await?;
                for payment in combinations::payments_of(tx, self.shop.id, id).await? {
                    match payment.state {
                        PaymentState::Succeeded => return Err(PrepayError::NotNeeded.into()),
                        state if state.after(PaymentEvent::PrepayAnswered).is_none() => {
                            return Err(PrepayError::Closing.into());
                        }
                        _ => {}
                    }
                    let changes = Changes { prepaid: Some((prepay_id.to_owned(), wall)), ..Changes::default() };
                    service::advance(tx, &payment, PaymentEvent::PrepayAnswered, changes, now).await?;
                }
                Ok(())
            })
            .await
    }

    /// The open attempt, or a new one: with its payments written and its request stored.
    async fn stored(&self) -> Result<Attempt, Failure> {
        if let Some(attempt) = self.open_attempt().await? {
            return Ok(attempt);
        }
        let (app, shop) = (self.app, self.shop);
        let (now, wall) = (app.clock.now(), app.clock.wall());
        let id = CombinationId::new();
        let made = |order| payment::Model {
            combination_id: Some(id),
            ..Payable::order(order).new_payment(PaymentId::new(), self.openid, (now, wall))
        };
        let payments: Vec<payment::Model> = self.orders.iter().map(made).collect();
        let row = combination::Model {
            id,
            shop_id: shop.id,
            checkout_id: self.checkout,
            request_body: self.body(id, &payments).await?,
            prepay_id: None,
            prepaid_at: None,
            created_at: now,
        };
        let written = app
            .db
            .write(async |tx| {
                for order in self.orders {
                    // The rows are held while the payments are made, so that a close waits or has won.
                    if !orders::service::still_unpaid(tx, shop.id, order.id, now).await? {
                        return Err(PrepayError::Closing.into());
                    }
                    if query::open_of(tx, shop.id, order.id).await?.is_some() {
                        return Ok(false);
                    }
                }
                combinations::create(tx, &row).await?;
                for payment in &payments {
                    service::create(tx, payment).await?;
                }
                Ok(true)
            })
            .await?;
        match (written, payments.into_iter().next()) {
            (true, Some(payment)) => Ok(Attempt { combination: row, payment }),
            // Somebody else was first.
            _ => self.open_attempt().await?.ok_or_else(|| PrepayError::Closing.into()),
        }
    }

    /// The attempt that can be paid, if there is one.
    async fn open_attempt(&self) -> Result<Option<Attempt>, Failure> {
        let conn = self.app.db.reader();
        let Some(first) = self.orders.first() else { return Ok(None) };
        let Some(payment) = query::open_of(conn, self.shop.id, first.id).await? else { return Ok(None) };
        let combination = match payment.combination_id {
            Some(id) => combinations::by_id(conn, self.shop.id, id).await?,
            None => None,
        };
        match (payment.state, combination) {
            (PaymentState::Prepaying | PaymentState::Prepaid, Some(combination)) => {
                Ok(Some(Attempt { combination, payment }))
            }
            _ => Err(PrepayError::Closing.into()),
        }
    }

    async fn body(&self, id: CombinationId, payments: &[payment::Model]) -> Result<String, Failure> {
        let (app, shop) = (self.app, self.shop);
        let ids: Vec<_> = self.orders.iter().map(|order| order.id).collect();
        let lines = orders::query::lines_of_all(app.db.reader(), shop.id, &ids).await?;
        let part = |(order, payment): (&order::Model, &payment::Model)| {
            let own: Vec<_> = lines.iter().filter(|line| line.order_id == order.id).cloned().collect();
            CombinedPart {
                merchant: order.merchant_no.clone().unwrap_or_else(|| self.pay.receiver().to_owned()),
                out_trade_no: payment.id.to_string(),
                attach: self.checkout.to_string(),
                description: description_of(shop, &own),
                total: order.payable_fen,
                profit_sharing: order.profit_sharing,
            }
        };
        let Some(first) = self.orders.first() else { return Err(PrepayError::NotNeeded.into()) };
        let request = NewCombined {
            combine_out_trade_no: id.to_string(),
            time_expire: Some(last_moment(app, first.expires_at)),
            notify_url: notify_url(app, shop, "payment"),
            openid: self.openid.to_owned(),
            parts: self.orders.iter().zip(payments).map(part).collect(),
        };
        let body = self.pay.combined_body(&request).map_err(PrepayError::Refused)?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    /// What a refused attempt means. One that WeChat refused for good and never knew is ended here, so
    /// that the next is built anew.
    async fn refused(&self, attempt: &Attempt, error: PayError) -> Failure {
        if matches!(error, PayError::AlreadyPaid(_) | PayError::OutTradeNoUsed(_)) {
            return match payment_received::ask(self.app, self.shop, self.pay, &attempt.payment).await {
                Ok(Asked::Paid) => PrepayError::NotNeeded.into(),
                Ok(_) => PrepayError::Refused(error).into(),
                Err(failure) => failure,
            };
        }
        if error.is_undecided() || (!error.is_definite_refusal() && !self.is_unknown(attempt).await) {
            return PrepayError::Unavailable(error).into();
        }
        tracing::error!(combination = %attempt.combination.id, %error, "the payment service refused a combined order");
        match end_payment(self.app, self.shop, &attempt.payment).await {
            Err(failure) if failure.code() != Code::PaymentClosing => failure,
            _ => PrepayError::Refused(error).into(),
        }
    }

    /// Whether the platform says that it never heard of the attempt.
    async fn is_unknown(&self, attempt: &Attempt) -> bool {
        matches!(self.pay.query_combined(&attempt.combination.id.to_string()).await, Err(PayError::NotFound(_)))
    }
}

/// What is left to pay of these orders.
pub fn payable(orders: &[order::Model]) -> Result<Fen, kernel::MoneyError> {
    let due = orders.iter().filter(|order| order.status == OrderStatus::PendingPayment);
    Fen::sum(due.map(|order| order.payable_fen))
}
