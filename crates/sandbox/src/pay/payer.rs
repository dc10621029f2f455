//! The user at the phone, who pays.

use std::time::Duration;

use serde_json::Value;

use super::notices::Event;
use super::orders::{Order, OrderState};
use super::prepay::PREPAY_LIFE_S;
use crate::clock::beijing_digits;
use crate::state::SandboxState;
use crate::world::{World, key_of};

/// What the user pays: the ticket the mini-program got, or the shop's number.
#[derive(Debug, Clone)]
pub enum PayTarget {
    /// `prepay_id`, with or without the `prepay_id=` in front.
    PrepayId(String),
    /// The shop's number, of the only account that has it.
    OutTradeNo(String),
    /// The shop's number of one account.
    OrderOf {
        /// Merchant number that signed the order.
        mchid: String,
        /// The shop's number.
        out_trade_no: String,
    },
}

impl From<&str> for PayTarget {
    /// Text that begins like a ticket is one; anything else is a number of the shop.
    fn from(text: &str) -> Self {
        let bare = text.strip_prefix("prepay_id=").unwrap_or(text);
        if bare.starts_with("wx") && bare.len() > 32 {
            Self::PrepayId(bare.to_owned())
        } else {
            Self::OutTradeNo(bare.to_owned())
        }
    }
}

/// Why the user could not pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PaymentRefused {
    /// No such order or ticket.
    #[error("there is no such order")]
    Unknown,
    /// Two accounts have this number.
    #[error("two accounts have this number: name the merchant")]
    Ambiguous,
    /// Past `time_expire`.
    #[error("the order has expired")]
    Expired,
    /// The ticket is older than two hours, or replaced.
    #[error("the prepay_id has expired")]
    TicketExpired,
    /// Closed by the shop.
    #[error("the order is closed")]
    Closed,
    /// Paid before.
    #[error("the order is paid already")]
    AlreadyPaid,
    /// The coupon is as large as the price.
    #[error("the coupon must be smaller than the price")]
    BadCoupon,
}

impl SandboxState {
    /// The user pays, and the shop is notified if notices are on. Answers the transaction id.
    pub fn pays(&self, target: impl Into<PayTarget>) -> Result<String, PaymentRefused> {
        self.pays_with(target, self.config().notify.then_some(Duration::ZERO), 0)
    }

    /// The user pays and no notice is sent by itself.
    pub fn pays_quietly(&self, target: impl Into<PayTarget>) -> Result<String, PaymentRefused> {
        self.pays_with(target, None, 0)
    }

    /// One order of a combined payment is paid and the others are not, which WeChat says never happens.
    /// The notice of the whole is not sent by itself.
    pub fn pays_one_alone(&self, mchid: &str, out_trade_no: &str) -> Result<String, PaymentRefused> {
        let (event, transaction_id) = {
            let mut world = self.world();
            let (key, now, fee_bp) = (key_of(mchid, out_trade_no), self.now(), self.config().fee_bp);
            let combination = world.combination_of(&key).ok_or(PaymentRefused::Unknown)?;
            let (_, id) = pay(&mut world, &key, now, 0, fee_bp)?;
            (world.combined_event(&combination, |_| {}).ok_or(PaymentRefused::Unknown)?, id)
        };
        self.announce(event, None);
        Ok(transaction_id)
    }

    /// The user pays with a coupon of `coupon_fen` borne by WeChat; the notice is sent `notify_after`
    /// that time, or not at all.
    pub fn pays_with(
        &self,
        target: impl Into<PayTarget>,
        notify_after: Option<Duration>,
        coupon_fen: i64,
    ) -> Result<String, PaymentRefused> {
        let (event, transaction_id) = {
            let mut world = self.world();
            let key = find(&world, &target.into())?;
            let now = self.now();
            let fee_bp = self.config().fee_bp;
            match world.combination_of(&key) {
                Some(combination) => pay_all(&mut world, &combination, now, coupon_fen, fee_bp)?,
                None => pay(&mut world, &key, now, coupon_fen, fee_bp)?,
            }
        };
        self.announce(event, notify_after);
        Ok(transaction_id)
    }
}

impl SandboxState {
    /// The user begins to enter the password, or stops: meanwhile the order is not paid and cannot be
    /// closed.
    pub fn enters_password(&self, target: impl Into<PayTarget>, entering: bool) -> Result<(), PaymentRefused> {
        let mut world = self.world();
        let key = find(&world, &target.into())?;
        world.orders.get_mut(&key).ok_or(PaymentRefused::Unknown)?.user_paying = entering;
        if let Some(combination) = world.combination_of(&key) {
            world.each_combined(&combination, |order| order.user_paying = entering);
        }
        Ok(())
    }
}

fn find(world: &World, target: &PayTarget) -> Result<String, PaymentRefused> {
    match target {
        PayTarget::PrepayId(id) => {
            let id = id.strip_prefix("prepay_id=").unwrap_or(id);
            let key = world.prepays.get(id).ok_or(PaymentRefused::Unknown)?;
            match world.orders.get(key) {
                Some(order) if order.prepay_id == id => Ok(key.clone()),
                Some(_) => Err(PaymentRefused::TicketExpired),
                None => Err(PaymentRefused::Unknown),
            }
        }
        PayTarget::OrderOf { mchid, out_trade_no } => {
            let key = key_of(mchid, out_trade_no);
            if world.orders.contains_key(&key) { Ok(key) } else { Err(PaymentRefused::Unknown) }
        }
        PayTarget::OutTradeNo(number) => {
            let mut keys = world.purses.keys().map(|account| key_of(account, number));
            let combined = || world.combinations.get(&keys_of(world, number)?)?.orders.first().cloned();
            let single = keys.find(|key| world.orders.contains_key(key));
            let first = single.or_else(combined).ok_or(PaymentRefused::Unknown)?;
            if keys.any(|key| world.orders.contains_key(&key)) {
                return Err(PaymentRefused::Ambiguous);
            }
            Ok(first)
        }
    }
}

/// The key of the combined order with this number.
fn keys_of(world: &World, number: &str) -> Option<String> {
    world.purses.keys().map(|account| key_of(account, number)).find(|key| world.combinations.contains_key(key))
}

/// Pays every order of a combination, or none. Coupons are for single orders alone.
fn pay_all(
    world: &mut World,
    combination: &str,
    now: i64,
    coupon: i64,
    fee_bp: i64,
) -> Result<(Event, String), PaymentRefused> {
    if coupon != 0 {
        return Err(PaymentRefused::BadCoupon);
    }
    let orders = world.combined_orders(combination);
    orders.iter().try_for_each(|order| may_be_paid(order, now))?;
    let mut first = None;
    for order in orders {
        let (_, id) = pay(world, &key_of(&order.account, &order.out_trade_no), now, 0, fee_bp)?;
        first = first.or(Some(id));
    }
    let event = world.combined_event(combination, |_| {}).ok_or(PaymentRefused::Unknown)?;
    Ok((event, first.ok_or(PaymentRefused::Unknown)?))
}

fn may_be_paid(order: &Order, now: i64) -> Result<(), PaymentRefused> {
    match order.state {
        OrderState::Paid => Err(PaymentRefused::AlreadyPaid),
        OrderState::Closed => Err(PaymentRefused::Closed),
        OrderState::NotPaid if now >= order.expires_at => Err(PaymentRefused::Expired),
        OrderState::NotPaid if now - order.prepaid_at >= PREPAY_LIFE_S => Err(PaymentRefused::TicketExpired),
        OrderState::NotPaid => Ok(()),
    }
}

fn pay(world: &mut World, key: &str, now: i64, coupon: i64, fee_bp: i64) -> Result<(Event, String), PaymentRefused> {
    let number = world.next_number();
    let order = world.orders.get_mut(key).ok_or(PaymentRefused::Unknown)?;
    may_be_paid(order, now)?;
    if coupon < 0 || coupon >= order.total {
        return Err(PaymentRefused::BadCoupon);
    }
    order.coupon = coupon;
    order.fee = order.total.saturating_mul(fee_bp).saturating_add(5_000) / 10_000;
    take_payment(order, now, number);
    let net = order.total - order.fee;
    order.frozen = if order.profit_sharing { net } else { 0 };
    let paid = order.clone();
    world.transactions.insert(paid.transaction_id.clone(), key.to_owned());
    let purse = world.purse(&paid.seller);
    purse.paid += paid.total;
    purse.fees += paid.fee;
    if paid.profit_sharing {
        purse.frozen += net;
    } else {
        purse.available += net;
    }
    world.user(paid.payer()).paid += paid.total - coupon;
    Ok((payment_event(&paid), paid.transaction_id))
}

/// Marks `order` paid at `now`; `number` makes its transaction id.
fn take_payment(order: &mut Order, now: i64, number: u64) {
    let day: String = beijing_digits(now).chars().take(8).collect();
    order.state = OrderState::Paid;
    order.user_paying = false;
    order.paid_at = now;
    order.transaction_id = format!("420000{day}{number:014}");
}

/// The event that a paid order is told by.
pub(super) fn payment_event(order: &Order) -> Event {
    Event {
        account: order.account.clone(),
        subject: order.out_trade_no.clone(),
        url: order.notify_url.clone(),
        event_type: "TRANSACTION.SUCCESS".to_owned(),
        original_type: "transaction".to_owned(),
        summary: "支付成功".to_owned(),
        resource: order.shown(),
    }
}

/// What a notice of this unpaid order would say if it were paid: material for forgeries.
pub(super) fn pretended_payment(order: &Order, now: i64) -> Value {
    let mut pretended = order.clone();
    pretend_payment(&mut pretended, now);
    pretended.shown()
}

/// Makes an unpaid order look paid.
pub(super) fn pretend_payment(order: &mut Order, now: i64) {
    let number = order.seq;
    take_payment(order, now, number);
}
