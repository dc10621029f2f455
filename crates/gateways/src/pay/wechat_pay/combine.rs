//! Combined orders: one payment of several orders, each with its own seller (sheet §3).
//!
//! They are paid together or not at all. Whatever follows (refund, sharing, bills) is done an order at
//! a time, under its own seller. What the sheet leaves open stands here and in `account.rs`: the app of
//! a combined payment is the mini-program's, and its payer is known under that.

use chrono::{DateTime, Utc};
use kernel::Fen;
use serde::{Deserialize, Serialize};

use super::account::Participant;
use super::call::{Outgoing, encode, to_json};
use super::prepay::{SettleInfo, is_trade_no, rfc3339};
use super::wire::{Amount, Payer, PrepayAnswer, TradeState, Transaction, lenient_time};
use super::{PayError, WechatPay};
use crate::lenient::null_is_default;

const ORDERS: &str = "/v3/combine-transactions";

/// A combined order to place. As with [`super::NewPrepay`], its bytes are stored and sent again as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCombined {
    /// Our number of the whole: 6–32 of `0-9A-Za-z_-|*`, never used before.
    pub combine_out_trade_no: String,
    /// Last moment to pay, in wall time.
    pub time_expire: Option<DateTime<Utc>>,
    /// https, public, without a query.
    pub notify_url: String,
    /// The payer under the mini-program's appid.
    pub openid: String,
    /// The orders: 2–10 of a direct merchant, 1–50 of a service provider.
    pub parts: Vec<CombinedPart>,
}

/// One order of a combined one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CombinedPart {
    /// Who receives its money: a sub-merchant under a service provider, else a merchant.
    pub merchant: String,
    /// Our number of this order: 6–32 of `0-9A-Za-z_-|*`, never used before.
    pub out_trade_no: String,
    /// Comes back with the payment; at most 128 characters, and here it may not be empty.
    pub attach: String,
    /// What the user reads in the bill; cut to 127 characters.
    pub description: String,
    /// At least 1 fen.
    pub total: Fen,
    /// Must be set now if any of the money is ever to be shared.
    pub profit_sharing: bool,
}

#[derive(Serialize)]
struct Body<'a> {
    combine_appid: &'a str,
    combine_mchid: &'a str,
    combine_out_trade_no: &'a str,
    sub_orders: Vec<SubOrder<'a>>,
    combine_payer_info: PayerInfo<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_expire: Option<String>,
    notify_url: &'a str,
}

#[derive(Serialize)]
struct SubOrder<'a> {
    #[serde(flatten)]
    seller: Participant<'a>,
    out_trade_no: &'a str,
    attach: &'a str,
    amount: Total,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    settle_info: Option<SettleInfo>,
}

#[derive(Serialize)]
struct Total {
    total_amount: Fen,
    currency: &'static str,
}

#[derive(Serialize)]
struct PayerInfo<'a> {
    openid: &'a str,
}

#[derive(Serialize)]
struct Close<'a> {
    combine_appid: &'a str,
    sub_orders: Vec<Closed<'a>>,
}

#[derive(Serialize)]
struct Closed<'a> {
    #[serde(flatten)]
    seller: Participant<'a>,
    out_trade_no: &'a str,
}

/// A combined order as the query and the notification show it: a state an order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CombinedTransaction {
    /// Our number of the whole.
    pub combine_out_trade_no: String,
    #[serde(default, deserialize_with = "null_is_default")]
    sub_orders: Vec<Part>,
    combine_payer_info: Option<Payer>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Part {
    mchid: Option<String>,
    sub_mchid: Option<String>,
    out_trade_no: String,
    transaction_id: Option<String>,
    trade_state: Option<TradeState>,
    trade_state_desc: Option<String>,
    #[serde(default, deserialize_with = "lenient_time")]
    success_time: Option<DateTime<Utc>>,
    amount: Option<PartAmount>,
    attach: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct PartAmount {
    total_amount: Option<Fen>,
    payer_amount: Option<Fen>,
    currency: Option<String>,
}

impl CombinedTransaction {
    /// Its orders, each as if it had been paid alone. One without a state is pending: ask again.
    #[must_use]
    pub fn orders(&self) -> Vec<Transaction> {
        self.sub_orders.iter().map(|part| part.alone(self.combine_payer_info.as_ref())).collect()
    }
}

impl Part {
    fn alone(&self, payer: Option<&Payer>) -> Transaction {
        let amount = self.amount.as_ref();
        Transaction {
            mchid: self.mchid.clone(),
            sp_mchid: None,
            sub_mchid: self.sub_mchid.clone(),
            out_trade_no: self.out_trade_no.clone(),
            transaction_id: self.transaction_id.clone(),
            trade_state: self.trade_state.clone().unwrap_or_else(|| TradeState::Other(String::new())),
            trade_state_desc: self.trade_state_desc.clone(),
            success_time: self.success_time,
            amount: amount.map(|amount| Amount {
                total: amount.total_amount,
                payer_total: amount.payer_amount,
                currency: amount.currency.clone(),
            }),
            payer: payer.cloned(),
            attach: self.attach.clone(),
        }
    }
}

impl WechatPay {
    /// The exact request body of a combined order; pure, so that it can be stored before it is sent.
    ///
    /// Errors: [`PayError::Invalid`] for numbers, amounts or a count the partner never accepts.
    pub fn combined_body(&self, order: &NewCombined) -> Result<Vec<u8>, PayError> {
        if !self.account().participants().contains(&order.parts.len()) {
            return Err(PayError::Invalid("a combined order is 2-10 orders of a direct merchant, 1-50 of a provider"));
        }
        let numbers = std::iter::once(&order.combine_out_trade_no).chain(order.parts.iter().map(|p| &p.out_trade_no));
        if !numbers.into_iter().all(|number| is_trade_no(number)) {
            return Err(PayError::Invalid("every number must be 6-32 of 0-9A-Za-z_-|*"));
        }
        if order.parts.iter().any(|part| !part.total.is_positive()) {
            return Err(PayError::Invalid("every amount must be at least 1 fen"));
        }
        if order.parts.iter().any(|part| !(1..=128).contains(&part.attach.chars().count())) {
            return Err(PayError::Invalid("every order attaches 1-128 characters"));
        }
        to_json(&Body {
            combine_appid: self.account().appid(),
            combine_mchid: self.account().mchid(),
            combine_out_trade_no: &order.combine_out_trade_no,
            sub_orders: order.parts.iter().map(|part| self.sub_order(part)).collect(),
            combine_payer_info: PayerInfo { openid: &order.openid },
            time_expire: order.time_expire.map(rfc3339),
            notify_url: &order.notify_url,
        })
    }

    fn sub_order<'a>(&'a self, part: &'a CombinedPart) -> SubOrder<'a> {
        SubOrder {
            seller: self.account().participant(&part.merchant),
            out_trade_no: &part.out_trade_no,
            attach: &part.attach,
            amount: Total { total_amount: part.total, currency: "CNY" },
            description: part.description.chars().take(127).collect(),
            settle_info: part.profit_sharing.then_some(SettleInfo { profit_sharing: true }),
        }
    }

    /// Places the combined order whose stored body is `body` and returns its `prepay_id`.
    pub async fn send_combined(&self, body: &[u8]) -> Result<String, PayError> {
        let answer: PrepayAnswer = self.post(&format!("{ORDERS}/jsapi"), body).await?;
        Ok(answer.prepay_id)
    }

    /// The combined order as the partner knows it. Errors: [`PayError::NotFound`] for a number never sent.
    pub async fn query_combined(&self, combine_out_trade_no: &str) -> Result<CombinedTransaction, PayError> {
        self.get(&format!("{ORDERS}/out-trade-no/{}", encode(combine_out_trade_no))).await
    }

    /// Closes an unpaid combined order as a whole, `orders` being the merchant and the number of every one
    /// of its orders: another list is refused. What an answer means is as with [`WechatPay::close_order`].
    pub async fn close_combined(
        &self,
        combine_out_trade_no: &str,
        orders: &[(String, String)],
    ) -> Result<(), PayError> {
        let target = format!("{ORDERS}/out-trade-no/{}/close", encode(combine_out_trade_no));
        let sub_orders = orders
            .iter()
            .map(|(merchant, number)| Closed { seller: self.account().participant(merchant), out_trade_no: number });
        let body = to_json(&Close { combine_appid: self.account().appid(), sub_orders: sub_orders.collect() })?;
        match self.call(&Outgoing::post(&target, Some(&body))).await?.status {
            204 => Ok(()),
            status => Err(PayError::Unknown(format!("a close was answered {status}"))),
        }
    }
}
