//! Shipping information: until it is uploaded WeChat keeps the money frozen (sheet §5, R-76).

use chrono::{DateTime, SecondsFormat, Utc};
use kernel::clock::beijing;
use serde::{Deserialize, Serialize};

use super::{MiniProgram, WechatError};

/// Which payment was shipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentKey {
    /// The partner's number; preferred.
    Transaction(String),
    /// Ours, with the merchant (the sub-merchant in partner mode).
    OutTradeNo {
        /// Who received the money.
        mchid: String,
        /// Our number.
        out_trade_no: String,
    },
}

/// How goods reach the buyer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogisticsType {
    /// By carrier, with tracking numbers.
    Express,
    /// Delivered within the city.
    City,
    /// Nothing physical.
    Virtual,
    /// Collected at a pickup point.
    Pickup,
}

impl LogisticsType {
    fn number(self) -> u8 {
        match self {
            Self::Express => 1,
            Self::City => 2,
            Self::Virtual => 3,
            Self::Pickup => 4,
        }
    }
}

/// Shipping information of one payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipping {
    /// Which payment.
    pub payment: PaymentKey,
    /// How.
    pub logistics: LogisticsType,
    /// 1–15 parcels for express, exactly one entry otherwise.
    pub parcels: Vec<Parcel>,
    /// For several parcels: whether these are all. The buyer hears of it only then.
    pub all_delivered: bool,
    /// Whether parcels of this payment were uploaded before: the delivery stays split then, since a
    /// change of its mode is a correction.
    pub continued: bool,
    /// Must be newer than the last upload of this payment.
    pub uploaded_at: DateTime<Utc>,
    /// The payer.
    pub openid: String,
}

/// One parcel, or the one hand-over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// What is inside; cut to 120 characters.
    pub item_desc: String,
    /// Carrier (the platform's `delivery_id`) and tracking number, for express.
    pub express: Option<(String, String)>,
    /// Masked phone number, demanded for SF.
    pub contact: Option<Contact>,
}

/// Whose masked phone number goes with a parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Contact {
    /// The sender's, such as `138****0417`.
    ConsignorContact(String),
    /// The receiver's.
    ReceiverContact(String),
}

/// What an upload did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShippingOutcome {
    /// Recorded now.
    Recorded,
    /// The same was recorded before; the goal is reached.
    AlreadyRecorded,
}

#[derive(Serialize)]
struct Body<'a> {
    order_key: OrderKey<'a>,
    logistics_type: u8,
    delivery_mode: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_all_delivered: Option<bool>,
    shipping_list: Vec<Entry<'a>>,
    upload_time: String,
    payer: Payer<'a>,
}

/// A combined payment's upload: the same as of one payment, an order at a time (sheet §5.3).
#[derive(Serialize)]
struct CombinedBody<'a> {
    order_key: OrderKey<'a>,
    sub_orders: Vec<SubOrder<'a>>,
    upload_time: String,
    payer: Payer<'a>,
}

#[derive(Serialize)]
struct SubOrder<'a> {
    order_key: OrderKey<'a>,
    logistics_type: u8,
    delivery_mode: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_all_delivered: Option<bool>,
    shipping_list: Vec<Entry<'a>>,
}

#[derive(Default, Serialize)]
struct OrderKey<'a> {
    order_number_type: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mchid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    out_trade_no: Option<&'a str>,
}

#[derive(Serialize)]
struct Entry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_no: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    express_company: Option<&'a str>,
    item_desc: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<&'a Contact>,
}

#[derive(Serialize)]
struct Payer<'a> {
    openid: &'a str,
}

#[derive(Deserialize)]
struct Nothing {}

/// Identical content is known already, by either of two numbers.
const NOTHING_CHANGED: [i64; 2] = [10_060_023, 268_440_065];

/// The exact request of an upload, so that it can be stored before it is sent and repeated as it was
/// when its answer is lost.
///
/// Errors: [`WechatError::Invalid`] for what the platform never accepts.
pub fn shipping_body(shipping: &Shipping) -> Result<String, WechatError> {
    let body = body_of(shipping)?;
    serde_json::to_string(&body).map_err(|_| WechatError::Invalid("the request cannot be written"))
}

/// As [`shipping_body`], of one order of a combined payment. `combined` names the whole, in the same
/// way as `shipping.payment` names its order; every upload of any of its orders must be newer than the last.
///
/// Errors: [`WechatError::Invalid`], also when the two are not named the same way.
pub fn combined_shipping_body(combined: &PaymentKey, shipping: &Shipping) -> Result<String, WechatError> {
    if std::mem::discriminant(combined) != std::mem::discriminant(&shipping.payment) {
        return Err(WechatError::Invalid("a combined payment and its orders are named in the same way"));
    }
    let order = body_of(shipping)?;
    let body = CombinedBody {
        order_key: key_of(combined),
        sub_orders: vec![SubOrder {
            order_key: order.order_key,
            logistics_type: order.logistics_type,
            delivery_mode: order.delivery_mode,
            is_all_delivered: order.is_all_delivered,
            shipping_list: order.shipping_list,
        }],
        upload_time: order.upload_time,
        payer: order.payer,
    };
    serde_json::to_string(&body).map_err(|_| WechatError::Invalid("the request cannot be written"))
}

impl MiniProgram {
    /// Uploads shipping information as [`shipping_body`] wrote it. Only one correction is possible
    /// afterwards, so a success is never repeated with other content; the identical request is harmless.
    ///
    /// Errors: [`WechatError::PaymentUnknown`] in the first minutes; [`WechatError::Refused`] is final.
    pub async fn upload_shipping(&self, access_token: &str, body: &str) -> Result<ShippingOutcome, WechatError> {
        self.upload("/wxa/sec/order/upload_shipping_info", access_token, body).await
    }

    /// As [`MiniProgram::upload_shipping`], as [`combined_shipping_body`] wrote it.
    pub async fn upload_combined_shipping(
        &self,
        access_token: &str,
        body: &str,
    ) -> Result<ShippingOutcome, WechatError> {
        self.upload("/wxa/sec/order/upload_combined_shipping_info", access_token, body).await
    }

    async fn upload(&self, path: &str, access_token: &str, body: &str) -> Result<ShippingOutcome, WechatError> {
        let outcome: Result<Nothing, _> = self.post_text(path, access_token, body).await;
        match outcome {
            Ok(_) => Ok(ShippingOutcome::Recorded),
            Err(WechatError::Refused(why)) if NOTHING_CHANGED.contains(&why.errcode) => {
                Ok(ShippingOutcome::AlreadyRecorded)
            }
            Err(error) => Err(error),
        }
    }

    /// Writes and uploads in one step.
    pub async fn upload_shipping_info(
        &self,
        access_token: &str,
        shipping: &Shipping,
    ) -> Result<ShippingOutcome, WechatError> {
        self.upload_shipping(access_token, &shipping_body(shipping)?).await
    }
}

fn body_of(shipping: &Shipping) -> Result<Body<'_>, WechatError> {
    let express = shipping.logistics == LogisticsType::Express;
    let most = if express { 15 } else { 1 };
    if shipping.parcels.is_empty() || shipping.parcels.len() > most {
        return Err(WechatError::Invalid("1-15 parcels for express, exactly one entry otherwise"));
    }
    if shipping.parcels.iter().any(|p| p.express.is_some() != express) {
        return Err(WechatError::Invalid("carrier and tracking number belong to express, and to nothing else"));
    }
    if shipping.parcels.iter().any(|p| p.item_desc.trim().is_empty()) {
        return Err(WechatError::Invalid("every parcel says what is inside"));
    }
    // One parcel that is everything is a unified delivery; the rest is split.
    let split = shipping.parcels.len() > 1 || !shipping.all_delivered || (express && shipping.continued);
    if split && !express {
        return Err(WechatError::Invalid("only express can be split"));
    }
    let entries = shipping.parcels.iter().map(|parcel| Entry {
        tracking_no: parcel.express.as_ref().map(|(_, number)| number.as_str()),
        express_company: parcel.express.as_ref().map(|(company, _)| company.as_str()),
        item_desc: parcel.item_desc.chars().take(120).collect(),
        contact: parcel.contact.as_ref(),
    });
    Ok(Body {
        order_key: key_of(&shipping.payment),
        logistics_type: shipping.logistics.number(),
        delivery_mode: if split { 2 } else { 1 },
        is_all_delivered: split.then_some(shipping.all_delivered),
        shipping_list: entries.collect(),
        upload_time: shipping.uploaded_at.with_timezone(&beijing()).to_rfc3339_opts(SecondsFormat::Millis, false),
        payer: Payer { openid: &shipping.openid },
    })
}

fn key_of(payment: &PaymentKey) -> OrderKey<'_> {
    match payment {
        PaymentKey::Transaction(id) => {
            OrderKey { order_number_type: 2, transaction_id: Some(id), ..OrderKey::default() }
        }
        PaymentKey::OutTradeNo { mchid, out_trade_no } => OrderKey {
            order_number_type: 1,
            mchid: Some(mchid),
            out_trade_no: Some(out_trade_no),
            ..OrderKey::default()
        },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn number(mchid: &str, number: &str) -> PaymentKey {
        PaymentKey::OutTradeNo { mchid: mchid.to_owned(), out_trade_no: number.to_owned() }
    }

    #[test]
    fn an_order_of_a_combined_payment_is_told_within_the_whole_and_named_in_the_same_way() {
        let shipping = Shipping {
            payment: number("2", "CS1"),
            logistics: LogisticsType::Pickup,
            parcels: vec![Parcel { item_desc: "鸡蛋*1".to_owned(), express: None, contact: None }],
            all_delivered: true,
            continued: false,
            uploaded_at: DateTime::UNIX_EPOCH,
            openid: "o".to_owned(),
        };
        let body = combined_shipping_body(&number("1", "CB1"), &shipping).unwrap();
        let wanted = r#"{"order_key":{"order_number_type":1,"mchid":"1","out_trade_no":"CB1"},"sub_orders":[{"order_key":{"order_number_type":1,"mchid":"2","out_trade_no":"CS1"},"logistics_type":4,"delivery_mode":1,"shipping_list":[{"item_desc":"鸡蛋*1"}]}],"upload_time":"1970-01-01T08:00:00.000+08:00","payer":{"openid":"o"}}"#;
        assert_eq!(body, wanted);
        let otherwise = Shipping { payment: PaymentKey::Transaction("42".to_owned()), ..shipping };
        let refused = combined_shipping_body(&number("1", "CB1"), &otherwise);
        assert!(matches!(refused, Err(WechatError::Invalid(_))));
    }
}
