//! WeChat Pay's words, verbatim. Answers are read leniently: only what identifies a thing is
//! required, unknown fields are ignored, and an unknown state is kept as `Other`, which always
//! means "pending, ask again".

use chrono::{DateTime, Utc};
use kernel::Fen;
use serde::{Deserialize, Deserializer, Serialize};

use crate::lenient::null_is_default;

/// An order as the query and the notification show it (sheet §2, §4).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Transaction {
    /// Direct merchant.
    pub mchid: Option<String>,
    /// Service provider.
    pub sp_mchid: Option<String>,
    /// Sub-merchant of a service provider.
    pub sub_mchid: Option<String>,
    /// Our number.
    pub out_trade_no: String,
    /// The partner's number, once paid.
    pub transaction_id: Option<String>,
    /// Where the order stands.
    pub trade_state: TradeState,
    /// The same in words, for people.
    pub trade_state_desc: Option<String>,
    /// When it was paid.
    #[serde(default, deserialize_with = "lenient_time")]
    pub success_time: Option<DateTime<Utc>>,
    /// Absent while unpaid.
    pub amount: Option<Amount>,
    /// Absent while unpaid.
    pub payer: Option<Payer>,
    /// What we attached to the order.
    pub attach: Option<String>,
}

impl Transaction {
    /// The amount ordered: what is compared with our order, coupons or not.
    #[must_use]
    pub fn total(&self) -> Option<Fen> {
        self.amount.as_ref().and_then(|a| a.total)
    }

    /// The payer under the mini-program's appid.
    #[must_use]
    pub fn payer_openid(&self) -> Option<&str> {
        let payer = self.payer.as_ref()?;
        payer.openid.as_deref().or(payer.sub_openid.as_deref()).or(payer.sp_openid.as_deref())
    }
}

/// Amounts of an order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Amount {
    /// What was ordered.
    pub total: Option<Fen>,
    /// What the user paid after the platform's coupons.
    pub payer_total: Option<Fen>,
    /// `CNY`.
    pub currency: Option<String>,
}

/// Who paid.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Payer {
    /// Direct merchant.
    pub openid: Option<String>,
    /// Under the service provider's appid.
    pub sp_openid: Option<String>,
    /// Under the sub-merchant's appid.
    pub sub_openid: Option<String>,
}

/// State of an order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TradeState {
    /// Paid.
    Success,
    /// Paid, and at least partly refunded since: still a paid order.
    Refund,
    /// Not paid yet.
    NotPay,
    /// Closed without payment.
    Closed,
    /// Unknown: ask again.
    #[serde(untagged)]
    Other(String),
}

impl TradeState {
    /// Whether money was received.
    #[must_use]
    pub fn is_paid(&self) -> bool {
        matches!(self, Self::Success | Self::Refund)
    }
}

/// A refund as the answer, the query and the notification show it (sheet §5).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Refund {
    /// The partner's number.
    pub refund_id: Option<String>,
    /// Our number.
    pub out_refund_no: String,
    /// The order refunded, the partner's number.
    pub transaction_id: Option<String>,
    /// The order refunded, our number.
    pub out_trade_no: Option<String>,
    /// Where it stands; the notification calls this `refund_status`.
    #[serde(alias = "refund_status")]
    pub status: RefundStatus,
    /// How much.
    pub amount: Option<RefundAmount>,
    /// Where the money went, for people.
    pub user_received_account: Option<String>,
    /// When it was done.
    #[serde(default, deserialize_with = "lenient_time")]
    pub success_time: Option<DateTime<Utc>>,
}

/// Amounts of a refund.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RefundAmount {
    /// The order's total.
    pub total: Option<Fen>,
    /// What is refunded.
    pub refund: Option<Fen>,
    /// What the user gets back.
    pub payer_refund: Option<Fen>,
}

/// State of a refund.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RefundStatus {
    /// Done.
    Success,
    /// Given up; the money stays with the merchant.
    Closed,
    /// On its way.
    Processing,
    /// The user's card is gone: a person has to decide.
    Abnormal,
    /// Unknown: ask again.
    #[serde(untagged)]
    Other(String),
}

/// A sharing or unfreezing order (sheet §6).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SharingOrder {
    /// The partner's number.
    pub order_id: Option<String>,
    /// Our number.
    pub out_order_no: String,
    /// The payment shared.
    pub transaction_id: Option<String>,
    /// Where the whole stands; says nothing about single receivers.
    pub state: SharingState,
    /// One entry a receiver; look at every one.
    #[serde(default, deserialize_with = "null_is_default")]
    pub receivers: Vec<SharingReceiver>,
}

/// State of a sharing order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum SharingState {
    /// Not every receiver is final.
    Processing,
    /// Every receiver is final, paid or not.
    Finished,
    /// Unknown: ask again.
    #[serde(untagged)]
    Other(String),
}

/// What became of one receiver's share.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SharingReceiver {
    /// `MERCHANT_ID`, `PERSONAL_OPENID`, …
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Merchant number or openid.
    pub account: String,
    /// The share.
    pub amount: Fen,
    /// Shown in bills.
    pub description: Option<String>,
    /// Whether it arrived; absent in notices.
    pub result: Option<ReceiverResult>,
    /// Why not.
    pub fail_reason: Option<String>,
    /// Matches the fund-flow bill.
    pub detail_id: Option<String>,
    /// When it became final.
    #[serde(default, deserialize_with = "lenient_time")]
    pub finish_time: Option<DateTime<Utc>>,
}

/// Outcome for one receiver.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ReceiverResult {
    /// Not final.
    Pending,
    /// Paid.
    Success,
    /// Not paid; the money went back to the sharing merchant.
    Closed,
    /// Unknown: ask again.
    #[serde(untagged)]
    Other(String),
}

/// A return of shared money (sheet §6).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SharingReturn {
    /// The partner's number of the sharing order.
    pub order_id: Option<String>,
    /// Our number of the sharing order.
    pub out_order_no: Option<String>,
    /// Our number of the return.
    pub out_return_no: String,
    /// The partner's number of the return.
    pub return_id: Option<String>,
    /// Who gives back.
    pub return_mchid: Option<String>,
    /// How much.
    pub amount: Option<Fen>,
    /// Where it stands.
    pub result: ReturnResult,
    /// Why it failed.
    pub fail_reason: Option<String>,
    /// When it became final.
    #[serde(default, deserialize_with = "lenient_time")]
    pub finish_time: Option<DateTime<Utc>>,
}

/// State of a return.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ReturnResult {
    /// On its way: keep the number.
    Processing,
    /// The money is in the seller's available balance.
    Success,
    /// Given up; another try needs a new number.
    Failed,
    /// Unknown: ask again.
    #[serde(untagged)]
    Other(String),
}

/// Notice that a merchant received or returned a share; sent to receivers only (sheet §6).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SharingNotice {
    /// The payment shared.
    pub transaction_id: Option<String>,
    /// The partner's number of the sharing order.
    pub order_id: Option<String>,
    /// The sharer's number of it.
    pub out_order_no: String,
    /// The one receiver this is about.
    pub receiver: SharingReceiver,
    /// When it happened.
    #[serde(default, deserialize_with = "lenient_time")]
    pub success_time: Option<DateTime<Utc>>,
}

/// A merchant transfer as answer, query and notification show it (sheet §7).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TransferBill {
    /// Our number.
    pub out_bill_no: String,
    /// The partner's number.
    pub transfer_bill_no: Option<String>,
    /// Where it stands.
    pub state: TransferState,
    /// Why it failed.
    pub fail_reason: Option<String>,
    /// For `wx.requestMerchantTransfer`; only while the user has to confirm, handed on unchanged.
    pub package_info: Option<String>,
    /// How much; absent in the answer to creating it.
    pub transfer_amount: Option<Fen>,
    /// To whom.
    pub openid: Option<String>,
    /// When it was made.
    #[serde(default, deserialize_with = "lenient_time")]
    pub create_time: Option<DateTime<Utc>>,
    /// Last change.
    #[serde(default, deserialize_with = "lenient_time")]
    pub update_time: Option<DateTime<Utc>>,
}

/// State of a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TransferState {
    /// Taken in.
    Accepted,
    /// Money is being locked; the account may hold too little.
    Processing,
    /// The user has to press "receive", within 24 hours.
    WaitUserConfirm,
    /// Confirmed, on its way. Spelt so by the partner.
    #[serde(rename = "TRANSFERING")]
    Transferring,
    /// Arrived; final.
    Success,
    /// Not paid; final.
    Fail,
    /// Being withdrawn at our request.
    #[serde(rename = "CANCELING")]
    Cancelling,
    /// Withdrawn; final.
    Cancelled,
    /// Unknown: ask again.
    #[serde(untagged)]
    Other(String),
}

impl TransferState {
    /// Whether nothing can change any more; before that no other transfer replaces this one.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Success | Self::Fail | Self::Cancelled)
    }
}

#[derive(Deserialize)]
pub(super) struct PrepayAnswer {
    pub prepay_id: String,
}

#[derive(Deserialize)]
pub(super) struct UnsplitAnswer {
    pub unsplit_amount: Fen,
}

#[derive(Deserialize)]
pub(super) struct RatioAnswer {
    /// In 1/10000.
    pub max_ratio: i32,
}

#[derive(Serialize)]
pub(super) struct EchoBody {
    pub echo_message: &'static str,
}

/// Reads an RFC 3339 time; anything else is no time, not an error: a payment must not be lost
/// over the spelling of a date.
pub(super) fn lenient_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok()).map(|t| t.to_utc()))
}
