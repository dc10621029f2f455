//! Placing an order: the gate sheds the load, one transaction decides.

use chrono::Duration;
use kernel::id::{MemberId, OrderId, OrderLineId};
use kernel::{Failure, Fen, MoneyError, Time};
use sea_orm::DatabaseTransaction;

use super::quote::picture_of;
use super::{Basket, CheckoutError, Quote, limits, quote};
use crate::app::App;
use crate::areas::goods::offers::Offer;
use crate::areas::orders::entity::{line, order};
use crate::areas::orders::rules::PricedLine;
use crate::areas::orders::state::{FulfilmentKind, OrderStatus, RefundStatus};
use crate::areas::shops::payout::PayoutMode;
use crate::areas::shops::query::Shop;
use crate::areas::shops::settings::StockDeduct;
use crate::areas::stock::{GateAnswer, service as stock, warnings};
use crate::areas::{cart, orders, payouts};
use crate::flows::commission::{self, Terms};
use crate::flows::member_money;
use crate::flows::payment_received::{self, Settled};
use crate::platform::request_keys::Once;

/// A hold outlives the time to pay, so that stock is never free under an order that can be paid.
const HOLD_MARGIN: Duration = Duration::minutes(10);

/// An order that was placed.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The order; `paid` already when there was nothing to pay.
    pub order: order::Model,
    /// Its lines.
    pub lines: Vec<line::Model>,
}

/// Places an order: reserves stock and writes order, lines and history, all or nothing.
///
/// A `quote_token` that no longer holds is answered with the new quote. Payable 0 is paid in the
/// same transaction.
#[tracing::instrument(skip_all, fields(shop = %shop.id, %member))]
pub async fn place(
    app: &App,
    shop: &Shop,
    member: MemberId,
    basket: &Basket,
    agreed: Option<&str>,
    remark: Option<&str>,
    once: &Once<Placed>,
) -> Result<Placed, Failure> {
    let quote = quote(app, shop, member, basket).await?;
    if agreed.is_some_and(|token| token != quote.view.quote_token) {
        return Err(CheckoutError::PriceChanged(Box::new(quote.view)).into());
    }
    let now = app.clock.now();
    let order = new_order(shop, member, basket, &quote, remark, now)?;
    let terms = match order.leader_id {
        Some(leader) => commission::terms(app.db.reader(), shop, leader).await?,
        None => None,
    };
    let lines = new_lines(shop, &order, &quote, terms.as_ref())?;
    let holds_now = shop.settings.stock_deduct == StockDeduct::Order;
    let time_to_pay = Duration::seconds(shop.settings.payment_window_s) + HOLD_MARGIN;
    if holds_now {
        let ttl = time_to_pay.to_std().unwrap_or_default();
        if let GateAnswer::Short { sku } = app.gate.reserve(shop.id, order.id, &basket.lines, ttl).await {
            return Err(CheckoutError::Short(sku).into());
        }
    }
    let written = app
        .db
        .write(async |tx| {
            orders::service::place(tx, &order, &lines, &format!("member:{member}")).await?;
            limits::count(tx, shop.id, member, &quote.judged.offers, basket, now).await?;
            cart::service::remove(tx, shop.id, member, &basket.lines.iter().map(|l| l.0).collect::<Vec<_>>()).await?;
            if holds_now {
                let taken = stock::reserve(tx, shop.id, order.id, &basket.lines, now + time_to_pay, now).await?;
                warnings::note(tx, shop.id, shop.settings.low_stock_threshold, &taken, now).await?;
            }
            // Last, as at a payment: what other work of the member waits for is held as short as can be.
            let order = member_money::hold(tx, &order, now).await?;
            let (placed, settled) = settle_if_free(app, tx, shop, &order, &lines).await?;
            once.keep(tx, &placed, app.clock.wall()).await?;
            Ok((placed, settled))
        })
        .await;
    match &written {
        Ok((placed, settled)) => {
            if let Some(settled) = settled {
                payment_received::after_commit(app, shop, settled).await;
            }
            tracing::info!(order = %placed.order.id, payable = %placed.order.payable_fen, "order placed");
            metrics::counter!("orders_placed_total").increment(1);
            app.catalogue.stock_moved(shop.id);
        }
        Err(_) if holds_now => app.gate.release(shop.id, order.id, &[]).await,
        Err(_) => {}
    }
    written.map(|(placed, _)| placed)
}

async fn settle_if_free(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    order: &order::Model,
    lines: &[line::Model],
) -> Result<(Placed, Option<Settled>), Failure> {
    let mut placed = Placed { order: order.clone(), lines: lines.to_vec() };
    if order.payable_fen != Fen::ZERO {
        return Ok((placed, None));
    }
    let settled = payment_received::settle(app, tx, shop, order.clone(), "system").await?;
    placed.order = settled.order.clone();
    Ok((placed, Some(settled)))
}

fn new_order(
    shop: &Shop,
    member: MemberId,
    basket: &Basket,
    quote: &Quote,
    remark: Option<&str>,
    now: Time,
) -> Result<order::Model, MoneyError> {
    let priced = &quote.judged.priced;
    let payable = priced.payable.minus(quote.judged.balance)?;
    let shares = shop.profile.payout.mode == PayoutMode::ProfitSharing && payable.is_positive();
    Ok(order::Model {
        id: OrderId::new(),
        shop_id: shop.id,
        member_id: member,
        status: OrderStatus::PendingPayment,
        closed_reason: None,
        fulfilment: basket.kind,
        pickup_point_id: quote.judged.point,
        leader_id: quote.judged.leader,
        address: quote.judged.address.clone(),
        goods_fen: priced.goods,
        spend_and_save_fen: priced.spend_and_save,
        coupon_fen: priced.coupon,
        points_used: priced.points_used,
        points_fen: priced.points,
        shipping_fen: priced.shipping,
        packing_fen: priced.packing,
        balance_fen: quote.judged.balance,
        balance_gift_fen: Fen::ZERO,
        payable_fen: payable,
        refunded_fen: Fen::ZERO,
        refund_status: RefundStatus::None,
        remark: remark.map(str::to_owned),
        coupon_id: basket.coupon,
        profit_sharing: shares && settles_in_time(shop, quote),
        for_new_buyers: quote.judged.offers.iter().any(|offer| offer.goods.new_buyer_only),
        pickup_code: None,
        expires_at: now + Duration::seconds(shop.settings.payment_window_s),
        next_close_at: None,
        paid_at: None,
        shipped_at: None,
        arrived_at: None,
        received_at: None,
        completed_at: None,
        closed_at: None,
        created_at: now,
        updated_at: now,
    })
}

/// Whether every line's pickup and after-sale window end before the order has to be unfrozen.
fn settles_in_time(shop: &Shop, quote: &Quote) -> bool {
    let window = Duration::seconds(shop.settings.after_sale_window_s);
    let margin = shop.settings.freeze_margin_days;
    let days = quote.judged.offers.iter().filter_map(Offer::pickup_days);
    days.into_iter().all(|days| payouts::rules::settles_in_time(days, window, margin))
}

fn new_lines(
    shop: &Shop,
    order: &order::Model,
    quote: &Quote,
    terms: Option<&Terms>,
) -> Result<Vec<line::Model>, Failure> {
    let judged = &quote.judged;
    let mut lines = Vec::with_capacity(judged.offers.len());
    for ((priced, offer), position) in judged.priced.lines.iter().zip(&judged.offers).zip(0i32..) {
        let rule = match terms {
            Some(terms) => Some(commission::snapshot(terms, &shop.settings, offer.goods.commission.as_ref())?),
            None => None,
        };
        lines.push(new_line(order, priced, offer, position, rule));
    }
    Ok(lines)
}

fn new_line(
    order: &order::Model,
    priced: &PricedLine,
    offer: &Offer,
    position: i32,
    commission_rule: Option<serde_json::Value>,
) -> line::Model {
    let express = order.fulfilment == FulfilmentKind::Express;
    line::Model {
        id: OrderLineId::new(),
        shop_id: order.shop_id,
        order_id: order.id,
        position,
        goods_id: offer.goods.id,
        sku_id: offer.sku.id,
        supplier_id: offer.goods.supplier_id,
        title: offer.goods.title.clone(),
        specs: offer.sku.specs.clone(),
        picture: picture_of(offer),
        expected_pickup: if express { None } else { offer.expected_pickup(order.created_at) },
        unit_price_fen: priced.unit_price,
        quantity: priced.quantity,
        goods_fen: priced.goods,
        spend_and_save_fen: priced.spend_and_save,
        coupon_fen: priced.coupon,
        points_fen: priced.points,
        shipping_fen: priced.shipping,
        packing_fen: priced.packing,
        commission_rule,
        shipped_at: None,
        arrived_at: None,
        redeemed: 0,
        received_at: None,
        after_sale_until: None,
        settled_at: None,
        refunded_quantity: 0,
        refunded_fen: Fen::ZERO,
        carrier: None,
        tracking_no: None,
    }
}
