//! Closing an unpaid order: WeChat is asked before anything is given back.

use gateways::pay::wechat_pay::PayError;
use kernel::id::{MemberId, OrderId, SkuId};
use kernel::{Code, Coded, Failure, Time};
use sea_orm::DatabaseTransaction;

use crate::app::App;
use crate::areas::orders::entity::{line, order};
use crate::areas::orders::error::OrderError;
use crate::areas::orders::state::{OrderEvent, OrderStatus};
use crate::areas::payments::query;
use crate::areas::payments::service::{self, Changes};
use crate::areas::payments::state::{PaymentEvent, PaymentState};
use crate::areas::shops::query::Shop;
use crate::areas::{orders, stock};
use crate::flows::checkout::Placed;
use crate::flows::end_payment::at_platform;
use crate::flows::member_money;
use crate::flows::payment_received::Asked;
use crate::flows::refund::{self, Cause, Plan};
use crate::platform::request_keys::Once;

/// Why an order was not closed.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// The platform gave no clear answer: the order stays, its stock stays held.
    #[error("the payment service gave no clear answer; the order stays as it is")]
    Unclear(#[source] PayError),
    /// The shop does not let members cancel paid orders.
    #[error("the order is paid, and this shop does not let paid orders be cancelled")]
    PaidAlready,
}

impl Coded for CloseError {
    fn code(&self) -> Code {
        match self {
            CloseError::Unclear(_) => Code::PaymentUnavailable,
            CloseError::PaidAlready => Code::OrderWrongState,
        }
    }

    fn extra(&self) -> Option<serde_json::Value> {
        match self {
            CloseError::Unclear(_) => None,
            CloseError::PaidAlready => Some(serde_json::json!({ "status": OrderStatus::Paid })),
        }
    }
}

/// What became of an order that was to be closed.
#[derive(Clone, Debug)]
pub enum Closed {
    /// It is closed now.
    Now(Box<Placed>),
    /// Somebody else was first: this is how it stands.
    Before(OrderStatus),
}

/// The member cancels: an unpaid order is closed; a paid one, of which nothing was sent, is
/// refunded where the shop allows it.
///
/// # Errors
/// `order.wrong_state` with the order's state when it was paid, closed or sent meanwhile.
#[tracing::instrument(skip_all, fields(order = %id))]
pub async fn cancel(
    app: &App,
    shop: &Shop,
    member: MemberId,
    id: OrderId,
    once: &Once<Placed>,
) -> Result<Placed, Failure> {
    let order = orders::query::of_member(app.db.reader(), shop.id, member, id).await?;
    let wrong = |status| OrderError::WrongState { order: id, status, event: OrderEvent::Cancelled };
    let actor = format!("member:{member}");
    match order.status {
        OrderStatus::PendingPayment => {
            match close(app, shop, order, OrderEvent::Cancelled, &actor, Some(once)).await? {
                Closed::Now(placed) => Ok(*placed),
                Closed::Before(status) => Err(wrong(status).into()),
            }
        }
        OrderStatus::Paid if shop.settings.member_cancel_paid => cancel_paid(app, shop, id, &actor, once).await,
        OrderStatus::Paid => Err(CloseError::PaidAlready.into()),
        status => Err(wrong(status).into()),
    }
}

async fn cancel_paid(app: &App, shop: &Shop, id: OrderId, actor: &str, once: &Once<Placed>) -> Result<Placed, Failure> {
    let (made, placed) = app
        .db
        .write(async |tx| {
            let order = orders::progress::lock(tx, shop.id, id).await?;
            let lines = orders::query::lines_of(tx, shop.id, id).await?;
            if order.status != OrderStatus::Paid || was_sent(&lines) {
                let (status, event) = (order.status, OrderEvent::Cancelled);
                return Err(OrderError::WrongState { order: id, status, event }.into());
            }
            let plan = Plan {
                parts: refund::plan::whole(&lines, true)?,
                cause: Cause::MemberCancel,
                reason: "会员取消订单".to_owned(),
                restock: true,
                ticket: None,
                actor: actor.to_owned(),
            };
            let made = refund::make(app, tx, shop, id, plan).await?;
            let order = orders::query::by_id(tx, shop.id, id).await?.unwrap_or(order);
            let placed = Placed { order, lines: orders::query::lines_of(tx, shop.id, id).await? };
            once.keep(tx, &placed, app.clock.wall()).await?;
            Ok((made, placed))
        })
        .await?;
    refund::after_commit(app, shop, &made).await;
    Ok(placed)
}

/// Closes an unpaid order, or finds that it was paid.
///
/// # Errors
/// [`CloseError::Unclear`] when WeChat cannot be asked: nothing has changed then.
pub async fn close(
    app: &App,
    shop: &Shop,
    order: order::Model,
    event: OrderEvent,
    actor: &str,
    once: Option<&Once<Placed>>,
) -> Result<Closed, Failure> {
    let id = order.id;
    let asked = match query::open_of(app.db.reader(), shop.id, id).await? {
        Some(payment) => Some(at_platform(app, shop, &payment).await?),
        None => None,
    };
    let left_out = asked == Some(Asked::LeftOut);
    let outcome = match asked {
        Some(Asked::Paid) => Err(OrderError::WrongState { order: id, status: OrderStatus::Paid, event }.into()),
        _ => app.db.write(async |tx| close_all(app, tx, shop, &order, (event, actor, left_out), once).await).await,
    };
    match outcome {
        Ok(ClosedAll { own, closed, refunds }) => {
            for (closed, given_back) in &closed {
                app.gate.release(shop.id, *closed, given_back).await;
                tracing::info!(order = %closed, ?event, "order closed, stock given back");
                metrics::counter!("orders_closed_total").increment(1);
            }
            for made in &refunds {
                refund::after_commit(app, shop, made).await;
            }
            app.catalogue.stock_moved(shop.id);
            Ok(Closed::Now(Box::new(own)))
        }
        Err(failure) if failure.code() == Code::OrderWrongState => {
            let current = orders::query::by_id(app.db.reader(), shop.id, id).await?;
            match current.map(|order| order.status) {
                Some(status) if status != OrderStatus::PendingPayment => Ok(Closed::Before(status)),
                _ => Err(failure),
            }
        }
        Err(failure) => Err(failure),
    }
}

/// Notes that overdue orders could not be closed, and when each is to be tried again (wall time).
pub async fn try_later(app: &App, shop: &Shop, overdue: &[(OrderId, Time)]) -> Result<(), Failure> {
    if overdue.is_empty() {
        return Ok(());
    }
    app.db.write(async |tx| Ok(orders::service::close_later(tx, shop.id, overdue).await?)).await
}

/// What of an order went back on sale.
type GivenBack = (OrderId, Vec<(SkuId, i64)>);

/// Orders that were closed together.
struct ClosedAll {
    /// The one that was asked for.
    own: Placed,
    closed: Vec<GivenBack>,
    /// Of orders of the checkout that WeChat paid without it.
    refunds: Vec<refund::Made>,
}

/// Closes an order and those that are paid together with it: WeChat closes only the whole. Where it
/// `left_out` what is closed and paid the rest, that goes back: a checkout is paid whole or not at all.
async fn close_all(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    wanted: &order::Model,
    (event, actor, left_out): (OrderEvent, &str, bool),
    once: Option<&Once<Placed>>,
) -> Result<ClosedAll, Failure> {
    let (mut own, mut all) = (None, Vec::new());
    for order in orders::checkouts::waiting_with(tx, wanted).await? {
        let (closed, given_back) = close_here(app, tx, shop, order, event, actor).await?;
        all.push((closed.order.id, given_back));
        if closed.order.id == wanted.id {
            own = Some(closed);
        }
    }
    let own = own.ok_or(OrderError::NotFound(wanted.id))?;
    let refunds = if left_out { give_back_paid(app, tx, shop, wanted).await? } else { Vec::new() };
    if let Some(once) = once {
        once.keep(tx, &own, app.clock.wall()).await?;
    }
    Ok(ClosedAll { own, closed: all, refunds })
}

/// Refunds the orders of a checkout that were paid without `wanted`. What was sent meanwhile stays sold.
async fn give_back_paid(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    wanted: &order::Model,
) -> Result<Vec<refund::Made>, Failure> {
    let Some(checkout) = wanted.checkout_id else { return Ok(Vec::new()) };
    let mut refunds = Vec::new();
    for order in orders::checkouts::orders_of(tx, shop.id, checkout).await? {
        let lines = orders::query::lines_of(tx, shop.id, order.id).await?;
        if order.status != OrderStatus::Paid || was_sent(&lines) {
            continue;
        }
        let plan = Plan {
            parts: refund::plan::whole(&lines, true)?,
            cause: Cause::CheckoutIncomplete,
            reason: "同单其他商品未支付成功".to_owned(),
            restock: true,
            ticket: None,
            actor: "system".to_owned(),
        };
        refunds.push(refund::make(app, tx, shop, order.id, plan).await?);
    }
    Ok(refunds)
}

fn was_sent(lines: &[line::Model]) -> bool {
    lines.iter().any(|line| line.shipped_at.is_some() || line.redeemed > 0)
}

/// Order, payment, stock, limits and what it held of the member's money, all at once.
async fn close_here(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    order: order::Model,
    event: OrderEvent,
    actor: &str,
) -> Result<(Placed, Vec<(SkuId, i64)>), Failure> {
    let now = app.clock.now();
    let closed = orders::service::advance_known(tx, order, event, actor, None, now).await?;
    if let Some(payment) = query::open_of(tx, shop.id, closed.id).await? {
        // A payment made since we looked has not been ended at the platform: the next try does it.
        let payment = match payment.state {
            PaymentState::Created => {
                service::advance(tx, &payment, PaymentEvent::CloseStarted, Changes::default(), now).await?
            }
            _ => payment,
        };
        service::advance(tx, &payment, PaymentEvent::Closed, Changes::default(), now).await?;
    }
    let lines = orders::query::lines_of(tx, shop.id, closed.id).await?;
    let back = give_back(tx, shop, &closed, &lines, now).await?;
    Ok((Placed { order: closed, lines }, back))
}

/// Closes an order whose money came but cannot be served any more, and says what went back on
/// sale; the caller refunds the money.
pub(crate) async fn close_unserved(
    tx: &DatabaseTransaction,
    shop: &Shop,
    order: order::Model,
    note: &str,
    now: Time,
) -> Result<(order::Model, Vec<(SkuId, i64)>), Failure> {
    let closed = orders::service::advance_known(tx, order, OrderEvent::Cancelled, "system", Some(note), now).await?;
    let lines = orders::query::lines_of(tx, shop.id, closed.id).await?;
    let back = give_back(tx, shop, &closed, &lines, now).await?;
    Ok((closed, back))
}

async fn give_back(
    tx: &DatabaseTransaction,
    shop: &Shop,
    order: &order::Model,
    lines: &[line::Model],
    now: Time,
) -> Result<Vec<(SkuId, i64)>, Failure> {
    let bought: Vec<_> = lines.iter().map(|line| (line.goods_id, line.quantity)).collect();
    stock::purchases::uncount_purchase(tx, shop.id, order.member_id, &bought, order.created_at).await?;
    let back = stock::service::release(tx, shop.id, order.id, now).await?;
    member_money::give_back(tx, order, now).await?;
    Ok(back)
}
