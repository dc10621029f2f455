//! Mini-program orders: place, query, close (sheet §2).

use chrono::{DateTime, Utc};
use kernel::Fen;
use kernel::clock::beijing;
use kernel::crypto::random;
use serde::Serialize;

use super::account::{PayerId, Seller};
use super::call::{Outgoing, encode, to_json};
use super::sign::PaymentParams;
use super::wire::{PrepayAnswer, Transaction};
use super::{PayError, WechatPay};

/// An order to place. Everything in it is fixed at the first call: the partner refuses a re-entry
/// whose fields differ, so the bytes of [`WechatPay::prepay_body`] are stored and sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPrepay {
    /// What the user reads in the bill, at most 127 characters; longer is cut.
    pub description: String,
    /// Our number: 6–32 of `0-9A-Za-z_-|*`, never used before.
    pub out_trade_no: String,
    /// Last moment to pay, in wall time; at least a minute ahead.
    pub time_expire: Option<DateTime<Utc>>,
    /// https, public, without a query.
    pub notify_url: String,
    /// At least 1 fen.
    pub total: Fen,
    /// The payer under the mini-program's appid.
    pub openid: String,
    /// Must be set now if any of the money is ever to be shared.
    pub profit_sharing: bool,
    /// Optional lines, needed for refunds by goods.
    pub goods: Vec<GoodsLine>,
}

/// One line of the order as the partner may show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GoodsLine {
    /// Our id: at most 32 letters, digits, `-`, `_`.
    pub merchant_goods_id: String,
    /// Shown name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goods_name: Option<String>,
    /// Pieces.
    pub quantity: u32,
    /// Price of one.
    pub unit_price: Fen,
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(flatten)]
    seller: Seller<'a>,
    description: &'a str,
    out_trade_no: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_expire: Option<String>,
    notify_url: &'a str,
    amount: Total,
    payer: PayerId<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Detail<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settle_info: Option<SettleInfo>,
}

#[derive(Serialize)]
struct Total {
    total: Fen,
    currency: &'static str,
}

#[derive(Serialize)]
struct Detail<'a> {
    goods_detail: &'a [GoodsLine],
}

/// Whether the money may be shared later.
#[derive(Serialize)]
pub(super) struct SettleInfo {
    pub profit_sharing: bool,
}

impl WechatPay {
    /// The exact request body of an order; pure, so that it can be stored before it is sent.
    ///
    /// Errors: [`PayError::Invalid`] for a number or amount the partner never accepts.
    pub fn prepay_body(&self, order: &NewPrepay) -> Result<Vec<u8>, PayError> {
        if !is_trade_no(&order.out_trade_no) {
            return Err(PayError::Invalid("out_trade_no must be 6-32 of 0-9A-Za-z_-|*"));
        }
        if !order.total.is_positive() {
            return Err(PayError::Invalid("the amount must be at least 1 fen"));
        }
        let description: String = order.description.chars().take(127).collect();
        to_json(&Body {
            seller: self.account().seller(),
            description: &description,
            out_trade_no: &order.out_trade_no,
            time_expire: order.time_expire.map(rfc3339),
            notify_url: &order.notify_url,
            amount: Total { total: order.total, currency: "CNY" },
            payer: self.account().payer(&order.openid),
            detail: (!order.goods.is_empty()).then_some(Detail { goods_detail: &order.goods }),
            settle_info: order.profit_sharing.then_some(SettleInfo { profit_sharing: true }),
        })
    }

    /// Places the order whose stored body is `body` and returns its `prepay_id`, valid two hours.
    /// Repeating the same bytes is harmless and gives a current id.
    pub async fn send_prepay(&self, body: &[u8]) -> Result<String, PayError> {
        let answer: PrepayAnswer = self.post(&self.account().orders("jsapi"), body).await?;
        Ok(answer.prepay_id)
    }

    /// What the mini-program hands to `wx.requestPayment`; signed afresh each time. `now` is Unix
    /// seconds of wall time.
    pub fn payment_params(&self, prepay_id: &str, now: i64) -> Result<PaymentParams, PayError> {
        Ok(self.signer().payment_params(self.account().appid(), prepay_id, now, &random::nonce(32))?)
    }

    /// The order as the partner knows it. Errors: [`PayError::NotFound`] for a number never sent.
    pub async fn query_order(&self, out_trade_no: &str) -> Result<Transaction, PayError> {
        let account = self.account();
        let target = account.orders(&format!("out-trade-no/{}?{}", encode(out_trade_no), account.seller_query()));
        self.get(&target).await
    }

    /// Closes an unpaid order. Only 204 says that it is closed; a 202 (`USERPAYING`: the user is
    /// entering the password) is [`PayError::Unknown`], like any other success. Closed is no proof
    /// that the number existed, nor that no payment is under way: a late success is still honoured
    /// or refunded by its notice.
    pub async fn close_order(&self, out_trade_no: &str) -> Result<(), PayError> {
        let target = self.account().orders(&format!("out-trade-no/{}/close", encode(out_trade_no)));
        let body = to_json(&self.account().seller_numbers())?;
        match self.call(&Outgoing::post(&target, Some(&body))).await?.status {
            204 => Ok(()),
            status => Err(PayError::Unknown(format!("a close was answered {status}"))),
        }
    }
}

pub(super) fn is_trade_no(number: &str) -> bool {
    (6..=32).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-|*".contains(&b))
}

/// The partner's form: seconds, with the offset of Beijing.
pub(super) fn rfc3339(time: DateTime<Utc>) -> String {
    time.with_timezone(&beijing()).format("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
