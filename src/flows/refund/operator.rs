//! What operators do about refunds: make one, and send one again that went wrong.

use kernel::Failure;
use kernel::id::{OperatorId, OrderId, RefundId};
use sea_orm::DatabaseTransaction;
use serde_json::json;

use super::{Cause, Made, Plan, Wish, after_commit, ask, make, plan};
use crate::app::App;
use crate::areas::operators::audit;
use crate::areas::orders::entity::order;
use crate::areas::payments::entity::{refund, refund_line};
use crate::areas::payments::error::PaymentError;
use crate::areas::payments::refunds;
use crate::areas::payments::service as payments;
use crate::areas::payments::state::{RefundEvent, RefundState};
use crate::areas::payouts::returns::{self, OfParty};
use crate::areas::shops::query::Shop;
use crate::areas::{orders, recharges};
use crate::flows::effects::Effect;
use crate::flows::{after_sale, profit_sharing};
use crate::platform::request_keys::Once;

/// What an operator asks for, already checked for its form.
#[derive(Clone, Debug)]
pub struct Request {
    /// What goes back.
    pub wish: Wish,
    /// Whether the last unit takes its shipping along; the shop's setting when left out.
    pub refund_shipping: Option<bool>,
    /// Whether units that were not sent go back on sale.
    pub restock: bool,
    /// For people; the member reads it too.
    pub reason: String,
}

impl Request {
    pub(super) fn with_shipping(&self, shop: &Shop) -> bool {
        self.refund_shipping.unwrap_or(shop.settings.refund_shipping)
    }
}

/// A refund with its lines.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The refund.
    pub refund: refund::Model,
    /// Its lines.
    pub lines: Vec<refund_line::Model>,
    /// What merchants are asked to give back for it.
    pub returns: Vec<OfParty>,
}

/// Refunds what an operator asks for.
#[tracing::instrument(skip_all, fields(%order))]
pub async fn by_operator(
    app: &App,
    shop: &Shop,
    operator: OperatorId,
    order: OrderId,
    request: &Request,
    once: &Once<Shown>,
) -> Result<Shown, Failure> {
    profit_sharing::hear_out(app, shop, order).await?;
    let (made, shown) = app
        .db
        .write(async |tx| {
            orders::progress::lock(tx, shop.id, order).await?;
            let lines = orders::query::lines_of(tx, shop.id, order).await?;
            let plan = Plan {
                parts: plan::parts(&lines, &request.wish, request.with_shipping(shop))?,
                cause: Cause::Operator,
                reason: request.reason.clone(),
                restock: request.restock,
                ticket: None,
                actor: format!("operator:{operator}"),
            };
            let made = make(app, tx, shop, order, plan).await?;
            let detail = json!({
                "refund_id": made.refund.id, "amount_fen": made.refund.amount_fen, "reason": request.reason,
            });
            audit::note(tx, shop.id, operator, "order.refund", order, detail, app.clock.now()).await?;
            let returns = returns::with_parties(tx, shop.id, &[made.refund.id]).await?;
            let shown = Shown { refund: made.refund.clone(), lines: made.lines.clone(), returns };
            once.keep(tx, &shown, app.clock.wall()).await?;
            Ok::<(Made, Shown), Failure>((made, shown))
        })
        .await?;
    after_commit(app, shop, &made).await;
    Ok(shown)
}

/// Sends a refund again, with the same number: one that was refused, closed or given up. Of one
/// that is with the platform it is asked again instead.
///
/// # Errors
/// [`PaymentError::RefundWrongState`] when the money has gone back already.
pub async fn retry(
    app: &App,
    shop: &Shop,
    operator: OperatorId,
    id: RefundId,
    once: &Once<Shown>,
) -> Result<Shown, Failure> {
    let known = refunds::by_id(app.db.reader(), shop.id, id).await?.ok_or(PaymentError::RefundNotFound(id))?;
    if matches!(known.state, RefundState::Processing | RefundState::Abnormal) {
        ask(app, shop, &known).await?;
    }
    let shown = app
        .db
        .write(async |tx| {
            let order = held(tx, shop, &known).await?;
            let mut refund = refunds::by_id(tx, shop.id, id).await?.ok_or(PaymentError::RefundNotFound(id))?;
            if refund.state == RefundState::Succeeded && known.state == RefundState::Succeeded {
                return Err(PaymentError::RefundWrongState { refund: id, state: refund.state }.into());
            }
            let times = (app.clock.now(), app.clock.wall());
            if matches!(refund.state, RefundState::Failed | RefundState::Closed) {
                if let Some(order) = &order {
                    make_way(app, tx, shop, order, &refund).await?;
                }
                refund = refunds::advance(tx, &refund, RefundEvent::Retried, None, None, times).await?;
                if let Some(ticket) = refund.ticket_id {
                    after_sale::refund_again(tx, shop, ticket, times.0).await?;
                }
            }
            if refund.state == RefundState::Pending {
                Effect::Refund { refund: id }.put_again(tx, shop.id, times.1).await?;
            }
            let actor = format!("operator:{operator}");
            if let Some(order) = &order {
                orders::service::note(tx, order, Some(order.status), "refund_retried", &actor, None, times.0).await?;
            }
            audit::note(tx, shop.id, operator, "refund.retry", id, json!({"state": known.state}), times.0).await?;
            let lines = refunds::lines_of_all(tx, shop.id, &[id]).await?;
            let returns = returns::with_parties(tx, shop.id, &[id]).await?;
            let shown = Shown { refund, lines, returns };
            once.keep(tx, &shown, times.1).await?;
            Ok(shown)
        })
        .await?;
    app.bell.ring();
    Ok(shown)
}

/// Holds what a refund is of until the transaction ends; answers the order, if it is one.
pub(super) async fn held(
    tx: &DatabaseTransaction,
    shop: &Shop,
    refund: &refund::Model,
) -> Result<Option<order::Model>, Failure> {
    if let Some(recharge) = refund.recharge_id {
        recharges::query::held(tx, shop.id, recharge).await?;
    }
    match refund.order_id {
        Some(order) => Ok(Some(orders::progress::lock(tx, shop.id, order).await?)),
        None => Ok(None),
    }
}

/// A refund that counts again needs its way made again, as when it was new.
async fn make_way(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    order: &order::Model,
    refund: &refund::Model,
) -> Result<(), Failure> {
    let Some(payment) = refund.payment_id else { return Ok(()) };
    if let Some(payment) = payments::by_id(tx, shop.id, payment).await? {
        profit_sharing::make_way(app, tx, order, &payment, refund.wechat_fen).await?;
    }
    Ok(())
}
