//! Sending a refund and hearing what became of it. The answer, the query and the notice are equals.

use gateways::pay::wechat_pay::{NewRefund, PayError, Refund, RefundStatus, WechatPay};
use kernel::id::{MemberId, RefundId};
use kernel::{Failure, Fen};
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::Cause;
use crate::app::App;
use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::{self, Draft, Floor};
use crate::areas::orders;
use crate::areas::orders::entity::order;
use crate::areas::orders::state::{OrderEvent, OrderStatus, RefundStatus as OrderRefundStatus};
use crate::areas::payments::entity::refund;
use crate::areas::payments::state::{RefundEvent, RefundState};
use crate::areas::payments::{refunds, remedies, service as payments};
use crate::areas::shops::query::Shop;
use crate::areas::stock;
use crate::flows::after_sale;
use crate::flows::payment_received::ReceiptError;
use crate::flows::prepay::{PrepayError, notify_url};
use crate::flows::suspicious::{self, Difference};
use crate::flows::{profit_sharing, recharge};

/// What came of sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Nothing more is to be sent.
    Done,
    /// The same number is to be sent again.
    Later(String),
}

/// Sends a refund with its own number and stored bytes, and books what the answer says. Why it has
/// to wait is kept on the refund.
#[tracing::instrument(skip_all, fields(refund = %id))]
pub async fn send(app: &App, shop: &Shop, id: RefundId) -> Result<Sent, Failure> {
    let sent = match try_to_send(app, shop, id).await {
        Err(failure) => Sent::Later(failure.to_string()),
        Ok(sent) => sent,
    };
    if let Sent::Later(why) = &sent {
        app.db.write(async |tx| Ok(refunds::note_waiting(tx, id, why).await?)).await?;
    }
    Ok(sent)
}

async fn try_to_send(app: &App, shop: &Shop, id: RefundId) -> Result<Sent, Failure> {
    let refund = refunds::by_id(app.db.reader(), shop.id, id).await?;
    let Some(refund) = refund.filter(|refund| refund.state == RefundState::Pending) else { return Ok(Sent::Done) };
    if let Some(why) = profit_sharing::in_the_way(app, shop.id, &refund).await? {
        return Ok(Sent::Later(why));
    }
    if let Some(why) = profit_sharing::awaited(app, shop.id, &refund).await? {
        return Ok(Sent::Later(why));
    }
    let pay = app.clients.of(shop).pay_for(merchant_of(app, shop, &refund).await?.as_deref())?;
    let body = match &refund.request_body {
        Some(body) => body.clone(),
        None => {
            let body = body_of(app, shop, &pay, &refund).await?;
            app.db.write(async |tx| Ok(refunds::keep_body(tx, id, &body).await?)).await?;
            body
        }
    };
    let error = match pay.refund(body.as_bytes()).await {
        Ok(answer) => {
            told(app, shop, &answer).await?;
            return Ok(Sent::Done);
        }
        Err(error) => error,
    };
    if matches!(error, PayError::NotEnough(_) | PayError::Config(_)) {
        // No money on the account, or rights being mended: the same number goes out again later.
        let cause = if matches!(error, PayError::NotEnough(_)) { "funds" } else { "configuration" };
        metrics::counter!("refunds_blocked_total", "cause" => cause).increment(1);
        tracing::error!(%error, "ALARM: a refund cannot be made until somebody mends the account");
        return Ok(Sent::Later(error.to_string()));
    }
    if !error.is_definite_refusal() {
        // Nobody has signed this "no": the refund may have been taken.
        match pay.query_refund(&id.to_string()).await {
            Ok(answer) => {
                told(app, shop, &answer).await?;
                return Ok(Sent::Done);
            }
            Err(PayError::NotFound(_)) if !error.is_undecided() => {}
            Err(_) => return Ok(Sent::Later(error.to_string())),
        }
    }
    tracing::error!(refund = %id, %error, "ALARM: WeChat refused a refund; an operator has to decide");
    metrics::counter!("refunds_refused_total").increment(1);
    let heard = Heard { platform_id: None, reason: Some(error.to_string()) };
    apply(app, shop, &refund, RefundEvent::Refused, &heard).await?;
    Ok(Sent::Done)
}

/// Who received the money that goes back, where it was not the shop's own merchant.
pub(super) async fn merchant_of(app: &App, shop: &Shop, refund: &refund::Model) -> Result<Option<String>, Failure> {
    let Some(id) = refund.payment_id else { return Ok(None) };
    Ok(payments::by_id(app.db.reader(), shop.id, id).await?.and_then(|payment| payment.merchant_no))
}

async fn body_of(app: &App, shop: &Shop, pay: &WechatPay, refund: &refund::Model) -> Result<String, Failure> {
    let payment = match refund.payment_id {
        Some(id) => payments::by_id(app.db.reader(), shop.id, id).await?,
        None => None,
    };
    let payment = payment.ok_or_else(|| ReceiptError::Unknown(refund.id.to_string()))?;
    let request = NewRefund {
        out_trade_no: payment.id.to_string(),
        out_refund_no: refund.id.to_string(),
        reason: Some(refund.reason.clone()),
        notify_url: Some(notify_url(app, shop, "refund")),
        refund: refund.wechat_fen,
        total: payment.amount_fen,
    };
    let body = pay.refund_body(&request).map_err(PrepayError::Refused)?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// Asks the platform about a refund that is under way.
///
/// # Errors
/// What the platform or its client says; the next question comes later all the same.
pub async fn ask(app: &App, shop: &Shop, refund: &refund::Model) -> Result<(), Failure> {
    let merchant = merchant_of(app, shop, refund).await?;
    let answer = match app.clients.of(shop).pay_for(merchant.as_deref()) {
        Ok(pay) => Ok(pay.query_refund(&refund.id.to_string()).await),
        Err(error) => Err(error),
    };
    put_off(app, refund).await?;
    let answer = answer?.map_err(ReceiptError::Unavailable)?;
    told(app, shop, &answer).await
}

/// Notes that a refund was asked about, or could not be: the next question comes later.
pub async fn put_off(app: &App, refund: &refund::Model) -> Result<(), Failure> {
    app.db.write(async |tx| Ok(refunds::asked(tx, refund, app.clock.wall()).await?)).await
}

/// What was heard beside the event.
struct Heard {
    platform_id: Option<String>,
    reason: Option<String>,
}

/// Books what the platform says of a refund, once, whoever tells of it and however often.
///
/// # Errors
/// [`ReceiptError::Unknown`] for a number we never made; a refund that differs from ours is kept,
/// an alarm is raised, and nothing is booked.
pub async fn told(app: &App, shop: &Shop, answer: &Refund) -> Result<(), Failure> {
    let unknown = || ReceiptError::Unknown(answer.out_refund_no.clone());
    let id: RefundId = answer.out_refund_no.parse().map_err(|_| unknown())?;
    let refund = refunds::by_id(app.db.reader(), shop.id, id).await?.ok_or_else(unknown)?;
    if let Some(odd) = difference(&refund, answer) {
        return Err(suspicious::refuse_difference(app, shop, "refund", id, &odd).await);
    }
    let event = match answer.status {
        RefundStatus::Success => RefundEvent::Succeeded,
        RefundStatus::Closed => RefundEvent::Closed,
        RefundStatus::Abnormal => RefundEvent::TurnedAbnormal,
        RefundStatus::Processing | RefundStatus::Other(_) => RefundEvent::Accepted,
    };
    if event == RefundEvent::Succeeded && remedies::paid_by_hand(app.db.reader(), shop.id, id).await? {
        tracing::error!(refund = %id, "ALARM: WeChat has paid a refund that was paid by hand: the member has it twice");
        metrics::counter!("refunds_paid_twice_total").increment(1);
    }
    let gone_wrong = matches!(event, RefundEvent::Closed | RefundEvent::TurnedAbnormal);
    let reason = gone_wrong.then(|| format!("{:?}", answer.status));
    apply(app, shop, &refund, event, &Heard { platform_id: answer.refund_id.clone(), reason }).await
}

/// What of the answer is not as we asked it.
fn difference(refund: &refund::Model, answer: &Refund) -> Option<Difference> {
    let asked = answer.amount.as_ref().and_then(|amount| amount.refund);
    if let Some(amount) = asked.filter(|amount| *amount != refund.wechat_fen) {
        return Some(Difference::new("the amount", amount));
    }
    let number = refund.payment_id.map(|payment| payment.to_string());
    let other = answer.out_trade_no.as_ref().filter(|theirs| Some(*theirs) != number.as_ref());
    other.map(|theirs| Difference::new("the payment", theirs))
}

/// Moves a refund on, as far as it still stands where `event` can happen.
async fn apply(
    app: &App,
    shop: &Shop,
    known: &refund::Model,
    event: RefundEvent,
    heard: &Heard,
) -> Result<(), Failure> {
    if known.state.after(event).is_none() {
        return Ok(());
    }
    let moved = app
        .db
        .write(async |tx| {
            if let Some(recharge) = known.recharge_id {
                let told = (heard.platform_id.clone(), heard.reason.clone());
                return recharge::moved(app, tx, shop, (known, recharge), event, told).await;
            }
            let Some(order) = known.order_id else { return Ok(None) };
            let order = orders::progress::lock(tx, shop.id, order).await?;
            let refund = refunds::by_id(tx, shop.id, known.id).await?;
            // Somebody else heard the same and was first.
            let Some(refund) = refund.filter(|refund| refund.state.after(event).is_some()) else { return Ok(None) };
            if event == RefundEvent::Succeeded {
                let told = (event, heard.platform_id.clone());
                return Ok(Some(succeed(app, tx, shop, &order, &refund, told).await?));
            }
            let (id, why, times) =
                (heard.platform_id.clone(), heard.reason.clone(), (app.clock.now(), app.clock.wall()));
            let after = refunds::advance(tx, &refund, event, id, why, times).await?;
            if let (Some(ticket), true) = (refund.ticket_id, heard.reason.is_some()) {
                after_sale::refund_failed(tx, shop, ticket, times.0).await?;
            }
            Ok(Some(after))
        })
        .await?;
    if let Some(refund) = moved {
        tracing::info!(refund = %refund.id, state = ?refund.state, amount = %refund.wechat_fen, "refund moved on");
        metrics::counter!("refunds_total", "state" => format!("{:?}", refund.state)).increment(1);
    }
    Ok(())
}

/// The money went back, by the platform or by hand: refund, books, order and ticket, in the caller's
/// transaction, which holds the order's row.
pub(super) async fn succeed(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    order: &order::Model,
    refund: &refund::Model,
    (event, platform_id): (RefundEvent, Option<String>),
) -> Result<refund::Model, Failure> {
    let now = app.clock.now();
    let times = (now, app.clock.wall());
    let done = refunds::advance(tx, refund, event, platform_id, None, times).await?;
    book_arrival(tx, refund, order.member_id, order.clearing(), now).await?;
    if refund.cause == Cause::LatePayment.text() && order.paid_at.is_some() {
        // It was paid twice: this money never was the order's.
        return Ok(done);
    }
    orders::money::note_refunded(tx, order, refund.amount_fen, now).await?;
    settle_order(tx, shop, order, order.refunded_fen.plus(refund.amount_fen)?, now).await?;
    if let Some(ticket) = refund.ticket_id {
        after_sale::refunded(tx, shop, ticket, now).await?;
    }
    Ok(done)
}

/// Books that the member has the money: out of what lies at WeChat, or out of the shop's own where it was
/// paid by hand.
pub async fn book_arrival(
    tx: &DatabaseTransaction,
    refund: &refund::Model,
    member: MemberId,
    clearing: Option<Uuid>,
    now: kernel::Time,
) -> Result<(), Failure> {
    let by_hand = remedies::paid_by_hand(tx, refund.shop_id, refund.id).await?;
    let (cause, from, party) = match by_hand {
        true => ("refund_by_hand", AccountKind::MerchantCash, None),
        false => ("refund_paid", AccountKind::Clearing, clearing),
    };
    let mut draft = Draft::new(refund.shop_id, cause, refund.id.uuid());
    draft.debit(AccountKind::MemberPayable, Some(member.uuid()), refund.wechat_fen);
    draft.credit(from, party, refund.wechat_fen)?;
    Ok(ledger::service::post(tx, &draft, Floor::Zero, now).await?)
}

/// Shows how much of an order has gone back, and closes it when every unit has, and every refund
/// has arrived: nothing is left to be handed over then. Shipping may have been kept.
async fn settle_order(
    tx: &DatabaseTransaction,
    shop: &Shop,
    order: &order::Model,
    refunded: Fen,
    now: kernel::Time,
) -> Result<(), Failure> {
    let lines = orders::query::lines_of(tx, shop.id, order.id).await?;
    let late = order.status == OrderStatus::Closed;
    let besides = order.paid_at.is_some().then_some(Cause::LatePayment.text());
    let under_way = refunds::any_unfinished(tx, shop.id, order.id, besides).await?;
    let ended = !under_way && (late || lines.iter().all(|line| line.refunded_quantity == line.quantity));
    // Of an order that never was paid, the balance went back when it closed.
    let by_balance = if order.paid_at.is_some() { order.balance_fen } else { Fen::ZERO };
    let paid = order.payable_fen.plus(by_balance)?;
    let status = match (under_way, ended && refunded >= paid) {
        (true, _) => OrderRefundStatus::InProgress,
        (false, true) => OrderRefundStatus::Full,
        (false, false) => OrderRefundStatus::Partial,
    };
    orders::money::set_refund_status(tx, order, status, now).await?;
    if ended && !order.status.is_final() {
        let event = OrderEvent::RefundedInFull;
        orders::service::advance_known(tx, order.clone(), event, "system", None, now).await?;
        let bought: Vec<_> = lines.iter().map(|line| (line.goods_id, line.quantity)).collect();
        stock::purchases::uncount_purchase(tx, shop.id, order.member_id, &bought, order.created_at).await?;
    }
    Ok(())
}
