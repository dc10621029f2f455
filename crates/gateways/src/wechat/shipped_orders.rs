//! What shipping management knows of payments, and the few things beside the upload that are asked
//! of it (sheet §5).

use serde::{Deserialize, Serialize};

use super::{MiniProgram, PaymentKey, WechatError};
use crate::lenient::null_is_default;

/// An order as shipping management knows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ShippedOrder {
    /// The partner's number.
    pub transaction_id: String,
    /// Our number.
    pub merchant_trade_no: Option<String>,
    /// Where it stands.
    pub order_state: ShippingState,
    /// Whether the buyer complains.
    #[serde(default, deserialize_with = "null_is_default")]
    pub in_complaint: bool,
}

/// State of an order in shipping management.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "i64")]
pub enum ShippingState {
    /// Nothing uploaded yet.
    ToShip,
    /// Uploaded.
    Shipped,
    /// Receipt confirmed or timed out.
    Received,
    /// Money set free and paid to the merchant's account.
    Settled,
    /// Refunded.
    Refunded,
    /// Received, settlement under way.
    AwaitingSettlement,
    /// A number unknown to us: decide nothing.
    Other(i64),
}

impl From<i64> for ShippingState {
    fn from(number: i64) -> Self {
        match number {
            1 => Self::ToShip,
            2 => Self::Shipped,
            3 => Self::Received,
            4 => Self::Settled,
            5 => Self::Refunded,
            6 => Self::AwaitingSettlement,
            other => Self::Other(other),
        }
    }
}

/// Which orders a list is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippedOrdersWanted {
    /// Paid from this second on (Unix).
    pub paid_from: i64,
    /// Paid until this second (Unix).
    pub paid_until: i64,
    /// The number of the state, as [`ShippingState`] has them.
    pub state: u8,
    /// What the last page gave; none for the first.
    pub last_index: Option<String>,
}

/// One page of orders.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ShippedOrders {
    /// The orders.
    #[serde(default, deserialize_with = "null_is_default")]
    pub order_list: Vec<ShippedOrder>,
    /// Where the next page begins.
    #[serde(default, deserialize_with = "null_is_default")]
    pub last_index: String,
    /// Whether there is one.
    #[serde(default, deserialize_with = "null_is_default")]
    pub has_more: bool,
}

/// A carrier as the platform names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carrier {
    /// What an upload calls it.
    pub delivery_id: String,
    /// Its name.
    #[serde(default, deserialize_with = "null_is_default")]
    pub delivery_name: String,
}

/// `get_order` calls the same things by other names than the upload.
#[derive(Default, Serialize)]
struct OrderName<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant_trade_no: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    received_time: Option<i64>,
}

impl<'a> OrderName<'a> {
    fn of(payment: &'a PaymentKey) -> Self {
        match payment {
            PaymentKey::Transaction(id) => Self { transaction_id: Some(id), ..Self::default() },
            PaymentKey::OutTradeNo { mchid, out_trade_no } => {
                Self { merchant_id: Some(mchid), merchant_trade_no: Some(out_trade_no), ..Self::default() }
            }
        }
    }
}

#[derive(Deserialize)]
struct GetOrderAnswer {
    order: ShippedOrder,
}

#[derive(Serialize)]
struct ListBody<'a> {
    pay_time_range: PayTimeRange,
    order_state: u8,
    page_size: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_index: Option<&'a str>,
}

#[derive(Serialize)]
struct PayTimeRange {
    begin_time: i64,
    end_time: i64,
}

#[derive(Serialize)]
struct AppBody<'a> {
    appid: &'a str,
}

#[derive(Serialize)]
struct PathBody<'a> {
    path: &'a str,
}

#[derive(Serialize)]
struct EmptyBody {}

#[derive(Deserialize)]
struct ManagedAnswer {
    is_trade_managed: bool,
}

#[derive(Deserialize)]
struct CarriersAnswer {
    #[serde(default, deserialize_with = "null_is_default")]
    delivery_list: Vec<Carrier>,
}

#[derive(Deserialize)]
struct Nothing {}

/// The reminder was used before: what was wanted is so.
const REMINDED_ALREADY: i64 = 10_060_030;

impl MiniProgram {
    /// An order as shipping management knows it.
    ///
    /// Errors: [`WechatError::PaymentUnknown`] for a payment it does not know (yet).
    pub async fn get_order(&self, access_token: &str, payment: &PaymentKey) -> Result<ShippedOrder, WechatError> {
        let answer: GetOrderAnswer =
            self.post("/wxa/sec/order/get_order", access_token, &OrderName::of(payment)).await?;
        Ok(answer.order)
    }

    /// The orders in one state, a hundred at a time.
    pub async fn get_orders(
        &self,
        access_token: &str,
        wanted: &ShippedOrdersWanted,
    ) -> Result<ShippedOrders, WechatError> {
        let body = ListBody {
            pay_time_range: PayTimeRange { begin_time: wanted.paid_from, end_time: wanted.paid_until },
            order_state: wanted.state,
            page_size: 100,
            last_index: wanted.last_index.as_deref(),
        };
        self.post("/wxa/sec/order/get_order_list", access_token, &body).await
    }

    /// Reminds the buyer to confirm receipt of a parcel signed for at `received_time` (Unix seconds,
    /// after the shipping). Express alone, once an order: a second time is a success too.
    pub async fn remind_to_confirm(
        &self,
        access_token: &str,
        payment: &PaymentKey,
        received_time: i64,
    ) -> Result<(), WechatError> {
        let body = OrderName { received_time: Some(received_time), ..OrderName::of(payment) };
        match self.post::<Nothing>("/wxa/sec/order/notify_confirm_receive", access_token, &body).await {
            Err(WechatError::Refused(why)) if why.errcode == REMINDED_ALREADY => Ok(()),
            outcome => outcome.map(|_| ()),
        }
    }

    /// Whether the mini-program's payments are frozen until they are shipped.
    pub async fn is_trade_managed(&self, access_token: &str) -> Result<bool, WechatError> {
        let body = AppBody { appid: self.appid() };
        let answer: ManagedAnswer = self.post("/wxa/sec/order/is_trade_managed", access_token, &body).await?;
        Ok(answer.is_trade_managed)
    }

    /// Sets the page that shipping messages lead to; the platform adds the payment's numbers.
    pub async fn set_message_page(&self, access_token: &str, path: &str) -> Result<(), WechatError> {
        self.post::<Nothing>("/wxa/sec/order/set_msg_jump_path", access_token, &PathBody { path }).await.map(|_| ())
    }

    /// Sets the page an order opens at in WeChat's order centre; `path` names the order by
    /// `${商品订单号}`, where the platform puts our number of the payment.
    pub async fn set_order_page(&self, access_token: &str, path: &str) -> Result<(), WechatError> {
        if !path.contains("${商品订单号}") {
            return Err(WechatError::Invalid("an order's page holds ${商品订单号}"));
        }
        self.post::<Nothing>("/wxa/sec/order/update_order_detail_path", access_token, &PathBody { path })
            .await
            .map(|_| ())
    }

    /// The carriers there are, as uploads name them.
    pub async fn carriers(&self, access_token: &str) -> Result<Vec<Carrier>, WechatError> {
        let path = "/cgi-bin/express/delivery/open_msg/get_delivery_list";
        let answer: CarriersAnswer = self.post(path, access_token, &EmptyBody {}).await?;
        Ok(answer.delivery_list)
    }
}
