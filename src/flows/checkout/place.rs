//! Placing an order: the gate sheds the load, one transaction decides.

use chrono::Duration;
use kernel::id::{CheckoutId, MemberId, OrderId, OrderLineId};
use kernel::{Failure, Fen, MoneyError, Time};
use sea_orm::DatabaseTransaction;

use super::basket::supplier_of;
use super::merchants::{self, Share};
use super::quote::picture_of;
use super::{Basket, CheckoutError, Quote, limits, quote};
use crate::app::App;
use crate::areas::goods::offers::Offer;
use crate::areas::orders::entity::{checkout, line, order};
use crate::areas::orders::rules::PricedLine;
use crate::areas::orders::state::{FulfilmentKind, OrderStatus, RefundStatus};
use crate::areas::shops::payout::PayoutMode;
use crate::areas::shops::query::Shop;
use crate::areas::shops::settings::StockDeduct;
use crate::areas::stock::{GateAnswer, service as stock, warnings};
use crate::areas::suppliers::state::Payout;
use crate::areas::{cart, orders, payouts};
use crate::flows::commission::{self, Terms};
use crate::flows::member_money;
use crate::flows::payment_received::{self, Settled};
use crate::flows::supplier_parts;
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

/// Orders of one basket that were placed together, one a merchant.
#[derive(Clone, Debug)]
pub struct PlacedTogether {
    /// What holds them together.
    pub checkout: checkout::Model,
    /// Each order.
    pub orders: Vec<Placed>,
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
    let quote = agreed_quote(app, shop, member, basket, agreed).await?;
    let wish = Wish { app, shop, member, basket, remark, checkout: None };
    let placed = wish
        .place(quote, async |tx, placed| match placed {
            [only] => once.keep(tx, only, app.clock.wall()).await,
            _ => Err(CheckoutError::SeveralMerchants.into()),
        })
        .await?;
    placed.into_iter().next().ok_or_else(|| CheckoutError::Empty.into())
}

/// Places an order a merchant that collects part of the basket, all of them or none. They are paid at
/// once, and closed at once if they are not.
#[tracing::instrument(skip_all, fields(shop = %shop.id, %member))]
pub async fn place_together(
    app: &App,
    shop: &Shop,
    member: MemberId,
    basket: &Basket,
    agreed: Option<&str>,
    remark: Option<&str>,
    once: &Once<PlacedTogether>,
) -> Result<PlacedTogether, Failure> {
    let quote = agreed_quote(app, shop, member, basket, agreed).await?;
    let created_at = app.clock.now();
    let expires_at = created_at + Duration::seconds(shop.settings.payment_window_s);
    let checkout =
        checkout::Model { id: CheckoutId::new(), shop_id: shop.id, member_id: member, expires_at, created_at };
    let wish = Wish { app, shop, member, basket, remark, checkout: Some(&checkout) };
    let placed = wish
        .place(quote, async |tx, placed| {
            orders::checkouts::create(tx, &checkout).await?;
            let together = PlacedTogether { checkout: checkout.clone(), orders: placed.to_vec() };
            once.keep(tx, &together, app.clock.wall()).await
        })
        .await?;
    Ok(PlacedTogether { checkout, orders: placed })
}

async fn agreed_quote(
    app: &App,
    shop: &Shop,
    member: MemberId,
    basket: &Basket,
    agreed: Option<&str>,
) -> Result<Quote, Failure> {
    let quote = quote(app, shop, member, basket).await?;
    if agreed.is_some_and(|token| token != quote.view.quote_token) {
        return Err(CheckoutError::PriceChanged(Box::new(quote.view)).into());
    }
    Ok(quote)
}

/// What is to be placed.
struct Wish<'a> {
    app: &'a App,
    shop: &'a Shop,
    member: MemberId,
    basket: &'a Basket,
    remark: Option<&'a str>,
    checkout: Option<&'a checkout::Model>,
}

/// An order that is about to be written.
struct NewOrder {
    order: order::Model,
    lines: Vec<line::Model>,
    share: Share,
}

impl Wish<'_> {
    /// Places the orders; `keep` writes what goes with them into the same transaction.
    async fn place(
        &self,
        quote: Quote,
        keep: impl AsyncFn(&DatabaseTransaction, &[Placed]) -> Result<(), Failure>,
    ) -> Result<Vec<Placed>, Failure> {
        let (app, shop, now) = (self.app, self.shop, self.app.clock.now());
        let offers = quote.judged.offers.clone();
        let mut orders = Vec::new();
        for share in merchants::shares(self.basket, quote)? {
            orders.push(self.new_order(share, now).await?);
        }
        if self.checkout.is_none() && orders.len() > 1 {
            return Err(CheckoutError::SeveralMerchants.into());
        }
        let holds_now = shop.settings.stock_deduct == StockDeduct::Order;
        if holds_now {
            self.pass_the_gate(&orders).await?;
        }
        let written = app
            .db
            .write(async |tx| {
                let mut all = Vec::new();
                for new in &orders {
                    orders::service::place(tx, &new.order, &new.lines, &format!("member:{}", self.member)).await?;
                }
                limits::count(tx, shop.id, self.member, &offers, self.basket, now).await?;
                let skus: Vec<_> = self.basket.lines.iter().map(|line| line.0).collect();
                cart::service::remove(tx, shop.id, self.member, &skus).await?;
                for new in &orders {
                    if holds_now {
                        let until = now + time_to_pay(shop);
                        let units = &new.share.basket.lines;
                        let taken = stock::reserve(tx, shop.id, new.order.id, units, until, now).await?;
                        warnings::note(tx, shop.id, shop.settings.low_stock_threshold, &taken, now).await?;
                    }
                    // Last, as at a payment: what other work of the member waits for is held as short as can be.
                    let order = member_money::hold(tx, &new.order, now).await?;
                    all.push(settle_if_free(app, tx, shop, &order, &new.lines).await?);
                }
                let (placed, settled): (Vec<_>, Vec<_>) = all.into_iter().unzip();
                keep(tx, &placed).await?;
                Ok((placed, settled))
            })
            .await;
        match &written {
            Ok((placed, settled)) => {
                for settled in settled.iter().flatten() {
                    payment_received::after_commit(app, shop, settled).await;
                }
                for one in placed {
                    tracing::info!(order = %one.order.id, payable = %one.order.payable_fen, "order placed");
                    metrics::counter!("orders_placed_total").increment(1);
                }
                app.catalogue.stock_moved(shop.id);
            }
            Err(_) if holds_now => self.leave_the_gate(&orders).await,
            Err(_) => {}
        }
        written.map(|(placed, _)| placed)
    }

    async fn new_order(&self, share: Share, now: Time) -> Result<NewOrder, Failure> {
        let (app, shop) = (self.app, self.shop);
        let mut order = new_order(shop, self.member, &share.basket, &share.quote, self.remark, now)?;
        order.checkout_id = self.checkout.map(|checkout| checkout.id);
        order.merchant_id = share.merchant.as_ref().map(|merchant| merchant.supplier);
        order.merchant_no = share.merchant.as_ref().map(|merchant| merchant.number.clone());
        // What the shop is due of another's money it gets by sharing.
        order.profit_sharing |= order.merchant_id.is_some() && settles_in_time(shop, &share.quote);
        let terms = match order.leader_id {
            Some(leader) => commission::terms(app.db.reader(), shop, leader).await?,
            None => None,
        };
        let lines = new_lines(shop, &order, &share.quote, terms.as_ref())?;
        Ok(NewOrder { order, lines, share })
    }

    /// Sets the units of every order aside at the gate, or of none.
    async fn pass_the_gate(&self, orders: &[NewOrder]) -> Result<(), CheckoutError> {
        let ttl = time_to_pay(self.shop).to_std().unwrap_or_default();
        for (passed, new) in orders.iter().enumerate() {
            let units = &new.share.basket.lines;
            if let GateAnswer::Short { sku } = self.app.gate.reserve(self.shop.id, new.order.id, units, ttl).await {
                self.leave_the_gate(orders.get(..passed).unwrap_or_default()).await;
                return Err(CheckoutError::Short(sku));
            }
        }
        Ok(())
    }

    async fn leave_the_gate(&self, orders: &[NewOrder]) {
        for new in orders {
            self.app.gate.release(self.shop.id, new.order.id, &[]).await;
        }
    }
}

fn time_to_pay(shop: &Shop) -> Duration {
    Duration::seconds(shop.settings.payment_window_s) + HOLD_MARGIN
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
        checkout_id: None,
        merchant_id: None,
        merchant_no: None,
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
        profit_sharing: payable.is_positive() && shares(shop, quote) && settles_in_time(shop, quote),
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

/// Whether somebody is paid out of the order's money by sharing: its leaders, or one of its suppliers.
fn shares(shop: &Shop, quote: &Quote) -> bool {
    let suppliers = &quote.judged.suppliers;
    shop.profile.payout.mode == PayoutMode::ProfitSharing
        || suppliers.iter().any(|supplier| supplier.payout == Payout::Sharing)
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
        let supplier = supplier_of(&judged.suppliers, offer);
        let supplier_rule = supplier.map(|supplier| supplier_parts::snapshot(supplier, &offer.sku)).transpose()?;
        lines.push(line::Model { supplier_rule, ..new_line(order, priced, offer, position, rule) });
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
        supplier_rule: None,
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
