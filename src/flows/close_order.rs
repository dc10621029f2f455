//! Closing an unpaid order: WeChat is asked before anything is given back.

use gateways::pay::wechat_pay::PayError;
use kernel::id::{MemberId, OrderId};
use kernel::{Code, Coded, Failure, Time};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use crate::app::App;
use crate::areas::orders::entity::order;
use crate::areas::orders::error::OrderError;
use crate::areas::orders::state::{OrderEvent, OrderStatus};
use crate::areas::payments::entity::payment;
use crate::areas::payments::service::{self, Changes};
use crate::areas::payments::state::{PaymentEvent, PaymentState};
use crate::areas::shops::query::Shop;
use crate::areas::{orders, stock};
use crate::flows::payment_received::{self, Asked};
use crate::flows::refund::{self, Cause};
use crate::platform::request_keys::Once;

/// Why an order was not closed.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// The platform gave no clear answer: the order stays, its stock stays held.
    #[error("the payment service gave no clear answer; the order stays as it is")]
    Unclear(#[source] PayError),
    /// The shop does not let members cancel paid orders.
    #[error("a paid order cannot be cancelled in this shop")]
    PaidAlready,
}

impl Coded for CloseError {
    fn code(&self) -> Code {
        match self {
            CloseError::Unclear(_) => Code::PaymentUnavailable,
            CloseError::PaidAlready => Code::OrderWrongState,
        }
    }
}

/// What became of an order that was to be closed.
#[derive(Clone, Debug)]
pub enum Closed {
    /// It is closed; this is how it stands.
    Closed(order::Model),
    /// It had been paid: it goes on.
    Paid,
}

/// The member cancels: an unpaid order is closed; a paid one, not yet sent, is refunded where the
/// shop allows it.
#[tracing::instrument(skip_all, fields(order = %id))]
pub async fn cancel(
    app: &App,
    shop: &Shop,
    member: MemberId,
    id: OrderId,
    once: &Once<order::Model>,
) -> Result<order::Model, Failure> {
    let order = orders::query::of_member(app.db.reader(), shop.id, member, id).await?;
    let actor = format!("member:{member}");
    let cancelled = match order.status {
        OrderStatus::PendingPayment => match close(app, shop, order, OrderEvent::Cancelled, &actor).await? {
            Closed::Closed(order) => order,
            Closed::Paid => orders::query::of_member(app.db.reader(), shop.id, member, id).await?,
        },
        OrderStatus::Paid if shop.settings.member_cancel_paid => {
            refund::whole_order(app, shop, &order, Cause::MemberCancel, &actor, "会员取消订单").await?;
            orders::query::of_member(app.db.reader(), shop.id, member, id).await?
        }
        OrderStatus::Paid => return Err(CloseError::PaidAlready.into()),
        status => return Err(OrderError::WrongState { order: id, status, event: OrderEvent::Cancelled }.into()),
    };
    app.db.write(async |tx| once.keep(tx, &cancelled, app.clock.wall()).await).await?;
    Ok(cancelled)
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
) -> Result<Closed, Failure> {
    if let Some(payment) = service::of_order(app.db.reader(), shop.id, order.id).await?
        && ends_at_platform(app, shop, &payment).await? == Asked::Paid
    {
        return Ok(Closed::Paid);
    }
    let outcome = app.db.write(async |tx| close_here(app, tx, shop, order.clone(), event, actor).await).await;
    match outcome {
        Ok((closed, given_back)) => {
            app.gate.release(shop.id, closed.id, &given_back).await;
            app.catalogue.stock_moved(shop.id);
            tracing::info!(order = %closed.id, reason = ?closed.closed_reason, "order closed, stock given back");
            metrics::counter!("orders_closed_total").increment(1);
            Ok(Closed::Closed(closed))
        }
        Err(failure) if failure.code() == Code::OrderWrongState => {
            let current = orders::query::by_id(app.db.reader(), shop.id, order.id).await?;
            match current {
                Some(current) if current.status == OrderStatus::Closed => Ok(Closed::Closed(current)),
                Some(current) if current.status != OrderStatus::PendingPayment => Ok(Closed::Paid),
                _ => Err(failure),
            }
        }
        Err(failure) => Err(failure),
    }
}

/// Ends the payment at the platform: from here no prepay starts. Answers what it found.
async fn ends_at_platform(app: &App, shop: &Shop, payment: &payment::Model) -> Result<Asked, Failure> {
    let payment = match payment.state {
        PaymentState::Succeeded => return Ok(Asked::Paid),
        PaymentState::Closed => return Ok(Asked::Closed),
        PaymentState::Closing => payment.clone(),
        _ => move_on(app, payment, PaymentEvent::CloseStarted).await?,
    };
    let clients = app.clients.of(shop);
    let pay = clients.pay()?;
    let asked = match payment_received::ask(app, shop, pay, &payment).await {
        Ok(Asked::Open) => match pay.close_order(&payment.id.to_string()).await {
            Ok(()) | Err(PayError::OrderClosed(_) | PayError::NotFound(_)) => Ok(Asked::Closed),
            // Paid between our question and the close.
            Err(PayError::AlreadyPaid(_)) => payment_received::ask(app, shop, pay, &payment).await,
            Err(error) => Err(CloseError::Unclear(error).into()),
        },
        other => other,
    };
    match asked {
        Ok(Asked::Paid) => Ok(Asked::Paid),
        Ok(Asked::Open) => {
            move_on(app, &payment, PaymentEvent::CloseUndone).await?;
            Err(CloseError::Unclear(PayError::Unknown("still open after the close".to_owned())).into())
        }
        Ok(asked) => Ok(asked),
        Err(failure) => {
            move_on(app, &payment, PaymentEvent::CloseUndone).await?;
            Err(failure)
        }
    }
}

async fn move_on(app: &App, payment: &payment::Model, event: PaymentEvent) -> Result<payment::Model, Failure> {
    app.db.write(async |tx| Ok(service::advance(tx, payment, event, Changes::default(), app.clock.now()).await?)).await
}

/// Order, payment, stock and limits, all at once.
async fn close_here(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    order: order::Model,
    event: OrderEvent,
    actor: &str,
) -> Result<(order::Model, Vec<(kernel::id::SkuId, i64)>), Failure> {
    let now = app.clock.now();
    let closed = orders::service::advance_known(tx, order, event, actor, None, now).await?;
    if let Some(payment) = service::of_order(tx, shop.id, closed.id).await? {
        // A payment made since we looked has not been ended at the platform: the next try does it.
        let payment = match payment.state {
            PaymentState::Created => {
                service::advance(tx, &payment, PaymentEvent::CloseStarted, Changes::default(), now).await?
            }
            _ => payment,
        };
        if payment.state != PaymentState::Closed {
            service::advance(tx, &payment, PaymentEvent::Closed, Changes::default(), now).await?;
        }
    }
    let back = give_back(tx, shop, &closed, now).await?;
    Ok((closed, back))
}

/// Closes an order whose money came but cannot be served any more; the caller refunds the money.
pub(crate) async fn close_unserved(
    tx: &DatabaseTransaction,
    shop: &Shop,
    order: order::Model,
    note: &str,
    now: Time,
) -> Result<order::Model, Failure> {
    let closed = orders::service::advance_known(tx, order, OrderEvent::Cancelled, "system", Some(note), now).await?;
    give_back(tx, shop, &closed, now).await?;
    Ok(closed)
}

async fn give_back(
    tx: &impl ConnectionTrait,
    shop: &Shop,
    order: &order::Model,
    now: Time,
) -> Result<Vec<(kernel::id::SkuId, i64)>, Failure> {
    let lines = orders::query::lines_of(tx, shop.id, order.id).await?;
    let bought: Vec<_> = lines.iter().map(|line| (line.goods_id, line.quantity)).collect();
    stock::purchases::uncount_purchase(tx, shop.id, order.member_id, &bought, order.created_at).await?;
    Ok(stock::service::release(tx, shop.id, order.id, now).await?)
}
