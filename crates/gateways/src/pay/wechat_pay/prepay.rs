//! Mini-program orders: place, query, close (sheet §2).

use chrono::{DateTime, Utc};
use kernel::Fen;
use kernel::clock::beijing;
use kernel::crypto::random;
use serde::Serialize;

use super::call::{Outgoing, encode, to_json};
use super::sign::PaymentParams;
use super::wire::{PrepayAnswer, Transaction};
use super::{Mode, PayError, WechatPay};

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
    merchant: Merchant<'a>,
    description: &'a str,
    out_trade_no: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_expire: Option<String>,
    notify_url: &'a str,
    amount: Total,
    payer: Payer<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Detail<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settle_info: Option<SettleInfo>,
}

#[derive(Default, Serialize)]
struct Merchant<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    appid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mchid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sp_appid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sp_mchid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_appid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_mchid: Option<&'a str>,
}

#[derive(Serialize)]
struct Total {
    total: Fen,
    currency: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Payer<'a> {
    Openid(&'a str),
    SpOpenid(&'a str),
    SubOpenid(&'a str),
}

#[derive(Serialize)]
struct Detail<'a> {
    goods_detail: &'a [GoodsLine],
}

#[derive(Serialize)]
struct SettleInfo {
    profit_sharing: bool,
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
        let appid = self.0.appid.as_str();
        let (merchant, payer) = match &self.0.mode {
            Mode::Direct => {
                let merchant = Merchant { appid: Some(appid), mchid: Some(&self.0.mchid), ..Merchant::default() };
                (merchant, Payer::Openid(&order.openid))
            }
            Mode::Partner { sp_appid, sp_mchid, sub_mchid } => {
                // The payer is known under the appid of the mini-program, whoever owns that.
                let own = sp_appid == appid;
                let merchant = Merchant {
                    sp_appid: Some(sp_appid),
                    sp_mchid: Some(sp_mchid),
                    sub_appid: (!own).then_some(appid),
                    sub_mchid: Some(sub_mchid),
                    ..Merchant::default()
                };
                (merchant, if own { Payer::SpOpenid(&order.openid) } else { Payer::SubOpenid(&order.openid) })
            }
        };
        let description: String = order.description.chars().take(127).collect();
        to_json(&Body {
            merchant,
            description: &description,
            out_trade_no: &order.out_trade_no,
            time_expire: order.time_expire.map(rfc3339),
            notify_url: &order.notify_url,
            amount: Total { total: order.total, currency: "CNY" },
            payer,
            detail: (!order.goods.is_empty()).then_some(Detail { goods_detail: &order.goods }),
            settle_info: order.profit_sharing.then_some(SettleInfo { profit_sharing: true }),
        })
    }

    /// Places the order whose stored body is `body` and returns its `prepay_id`, valid two hours.
    /// Repeating the same bytes is harmless and gives a current id.
    pub async fn send_prepay(&self, body: &[u8]) -> Result<String, PayError> {
        let target = match self.0.mode {
            Mode::Direct => "/v3/pay/transactions/jsapi",
            Mode::Partner { .. } => "/v3/pay/partner/transactions/jsapi",
        };
        let answer: PrepayAnswer = self.post(target, body).await?;
        Ok(answer.prepay_id)
    }

    /// What the mini-program hands to `wx.requestPayment`; signed afresh each time. `now` is Unix
    /// seconds of wall time.
    pub fn payment_params(&self, prepay_id: &str, now: i64) -> Result<PaymentParams, PayError> {
        Ok(self.signer().payment_params(&self.0.appid, prepay_id, now, &random::nonce(32))?)
    }

    /// The order as the partner knows it. Errors: [`PayError::NotFound`] for a number never sent.
    pub async fn query_order(&self, out_trade_no: &str) -> Result<Transaction, PayError> {
        let number = encode(out_trade_no);
        let target = match &self.0.mode {
            Mode::Direct => {
                format!("/v3/pay/transactions/out-trade-no/{number}?mchid={}", encode(&self.0.mchid))
            }
            Mode::Partner { sp_mchid, sub_mchid, .. } => format!(
                "/v3/pay/partner/transactions/out-trade-no/{number}?sp_mchid={}&sub_mchid={}",
                encode(sp_mchid),
                encode(sub_mchid)
            ),
        };
        self.get(&target).await
    }

    /// Closes an unpaid order. Only 204 says that it is closed; a 202 (`USERPAYING`: the user is
    /// entering the password) is [`PayError::Unknown`], like any other success. Closed is no proof
    /// that the number existed, nor that no payment is under way: a late success is still honoured
    /// or refunded by its notice.
    pub async fn close_order(&self, out_trade_no: &str) -> Result<(), PayError> {
        let number = encode(out_trade_no);
        let (target, merchant) = match &self.0.mode {
            Mode::Direct => (
                format!("/v3/pay/transactions/out-trade-no/{number}/close"),
                Merchant { mchid: Some(&self.0.mchid), ..Merchant::default() },
            ),
            Mode::Partner { sp_mchid, sub_mchid, .. } => (
                format!("/v3/pay/partner/transactions/out-trade-no/{number}/close"),
                Merchant { sp_mchid: Some(sp_mchid), sub_mchid: Some(sub_mchid), ..Merchant::default() },
            ),
        };
        let body = to_json(&merchant)?;
        match self.call(&Outgoing::post(&target, Some(&body))).await?.status {
            204 => Ok(()),
            status => Err(PayError::Unknown(format!("a close was answered {status}"))),
        }
    }
}

fn is_trade_no(number: &str) -> bool {
    (6..=32).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-|*".contains(&b))
}

/// The partner's form: seconds, with the offset of Beijing.
fn rfc3339(time: DateTime<Utc>) -> String {
    time.with_timezone(&beijing()).format("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
