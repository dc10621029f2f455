//! A store's orders in JD's words; who receives them is encrypted.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Reply, StoreCall, only, wrong};
use crate::clock::{beijing_text, parse_beijing};
use crate::crypto;
use crate::jd::yuan;
use crate::json::joined;
use crate::stores::{OrderStage, RefundStage, StoreOrder, StoreOrderLine, major, page};

/// A window is at most a month.
const WINDOW_S: i64 = 31 * 86_400;

/// The states that an order can be asked for in.
const STATES: [&str; 10] = [
    "NOT_PAY",
    "WAIT_SELLER_STOCK_OUT",
    "WAIT_SELLER_DELIVERY",
    "WAIT_GOODS_RECEIVE_CONFIRM",
    "FINISHED_L",
    "TRADE_CANCELED",
    "LOCKED",
    "PAUSE",
    "POP_ORDER_PAUSE",
    "WAIT_SEND_CODE",
];

/// The fields that may be asked for.
const FIELDS: [&str; 22] = [
    "orderId",
    "venderId",
    "payType",
    "orderState",
    "orderStateRemark",
    "orderTotalPrice",
    "orderSellerPrice",
    "orderPayment",
    "freightPrice",
    "sellerDiscount",
    "orderStartTime",
    "paymentConfirmTime",
    "orderEndTime",
    "modified",
    "orderRemark",
    "venderRemark",
    "open_id_buyer",
    "waybill",
    "logisticsId",
    "consigneeInfo",
    "itemInfoList",
    "couponDetailList",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    start_date: String,
    end_date: String,
    order_state: String,
    optional_fields: String,
    page: String,
    page_size: String,
    #[serde(rename = "sortType")]
    sort_type: Option<String>,
    #[serde(rename = "dateType")]
    date_type: Option<String>,
}

/// `jingdong.pop.order.search`; numbers come as texts.
pub(super) fn search(call: &StoreCall<'_>) -> Reply {
    let asked: Search = call.parameters()?;
    let time = |text: &str, name: &str| parse_beijing(text).ok_or_else(|| wrong(name));
    let (from, until) = (time(&asked.start_date, "start_date")?, time(&asked.end_date, "end_date")?);
    if until < from || until - from > WINDOW_S {
        return Err(wrong("end_date"));
    }
    let states: Vec<&str> = asked.order_state.split(',').map(str::trim).collect();
    if states.iter().any(|state| !STATES.contains(state)) {
        return Err(wrong("order_state"));
    }
    check(&asked.optional_fields)?;
    let number = |text: &str, name: &str, most: usize| match text.parse::<usize>() {
        Ok(number) if (1..=most).contains(&number) => Ok(number),
        _ => Err(wrong(name)),
    };
    let (at, size) = (number(&asked.page, "page", 10_000)?, number(&asked.page_size, "page_size", 100)?);
    // 0 by change, anything else by when it was placed.
    let by_change = asked.date_type.as_deref() == Some("0");
    let time_of = |order: &StoreOrder| if by_change { order.changed_at } else { order.created_at };
    call.read(|store| {
        let wanted =
            |order: &&StoreOrder| (from..=until).contains(&time_of(order)) && states.contains(&state_of(order).0);
        let mut orders: Vec<&StoreOrder> = store.orders.values().filter(wanted).collect();
        orders.sort_by_key(|order| (time_of(order), order.seq));
        if asked.sort_type.as_deref() != Some("1") {
            orders.reverse();
        }
        let (rows, total) = page(orders, at, size);
        let rows: Vec<Value> = rows.into_iter().map(|order| told(&asked.optional_fields, order)).collect();
        json!({"searchorderinfo_result": {"apiResult": success(), "orderTotal": total, "orderInfoList": rows}})
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Get {
    order_id: u64,
    optional_fields: String,
    order_state: Option<String>,
}

/// `jingdong.pop.order.get`.
pub(super) fn get(call: &StoreCall<'_>) -> Reply {
    let asked: Get = call.parameters()?;
    check(&asked.optional_fields)?;
    let in_state = |order: &&StoreOrder| {
        asked.order_state.as_ref().is_none_or(|states| states.split(',').any(|state| state == state_of(order).0))
    };
    call.read(|store| {
        let found = store.orders.get(&asked.order_id.to_string()).filter(in_state);
        match found {
            Some(order) => json!({"orderDetailInfo": {"apiResult": success(),
                "orderInfo": told(&asked.optional_fields, order)}}),
            None => json!({"orderDetailInfo": {"apiResult": failure("10400001", "没有查询到订单")}}),
        }
    })
}

fn check(fields: &str) -> Result<(), super::Refusal> {
    match fields.split(',').map(str::trim).all(|field| FIELDS.contains(&field)) {
        true => Ok(()),
        false => Err(wrong("optional_fields")),
    }
}

fn success() -> Value {
    json!({"success": true, "englishErrCode": "success", "chineseErrCode": "成功", "numberCode": 0})
}

/// A refusal inside an answer.
pub(super) fn failure(code: &str, words: &str) -> Value {
    json!({"success": false, "englishErrCode": "failure", "chineseErrCode": words, "numberCode": code})
}

/// The state and the word that people read. A claim locks an order.
fn state_of(order: &StoreOrder) -> (&'static str, &'static str) {
    match order.stage {
        OrderStage::Unpaid => ("NOT_PAY", "等待付款"),
        OrderStage::Paid | OrderStage::PartShipped if order.held || order.refund == RefundStage::Asked => {
            ("LOCKED", "已锁定")
        }
        OrderStage::Paid | OrderStage::PartShipped => ("WAIT_SELLER_STOCK_OUT", "等待出库"),
        OrderStage::Shipped => ("WAIT_GOODS_RECEIVE_CONFIRM", "等待确认收货"),
        OrderStage::Done => ("FINISHED_L", "完成"),
        OrderStage::Cancelled => ("TRADE_CANCELED", "取消"),
    }
}

/// An order's number is always told, and of the rest what was asked for.
fn told(fields: &str, order: &StoreOrder) -> Value {
    joined(json!({"orderId": order.id}), only(fields, dressed(order)))
}

fn dressed(order: &StoreOrder) -> Value {
    let (state, remark) = state_of(order);
    let text = |fen: i64| major(fen, "CNY");
    let when = |at: Option<i64>| at.map_or(String::new(), beijing_text);
    let parcel = order.parcels.last();
    let to = &order.receiver;
    json!({
        "orderId": order.id, "venderId": "10001", "payType": "4-在线支付", "orderState": state,
        "orderStateRemark": remark, "orderTotalPrice": text(order.goods_minor()),
        "orderSellerPrice": text(order.goods_minor() - order.discount_minor), "orderPayment": text(order.total_minor()),
        "freightPrice": text(order.postage_minor), "sellerDiscount": text(order.discount_minor),
        "orderStartTime": beijing_text(order.created_at), "paymentConfirmTime": when(order.paid_at),
        "orderEndTime": when(order.ended_at), "modified": beijing_text(order.changed_at), "orderRemark": order.note,
        "venderRemark": "", "open_id_buyer": format!("o{}", sealed(&order.buyer).get(..20).unwrap_or_default()),
        "waybill": parcel.map_or("", |parcel| parcel.number.as_str()),
        "logisticsId": parcel.map_or("", |parcel| parcel.carrier.as_str()),
        "consigneeInfo": {
            "province": to.province, "city": to.city, "county": to.district, "fullname": sealed(&to.name),
            "mobile": sealed(&to.phone), "telephone": sealed(&to.phone), "fullAddress": sealed(&to.street),
        },
        "itemInfoList": order.lines.iter().map(line_of).collect::<Vec<_>>(), "couponDetailList": [],
    })
}

fn line_of(line: &StoreOrderLine) -> Value {
    let name = [line.title.as_str(), line.spec_values().as_str()].join(" ");
    json!({
        "skuId": line.variant.to_string(), "wareId": line.item.to_string(), "outerSkuId": line.code,
        "skuName": name.trim_end(), "itemTotal": line.quantity.to_string(), "jdPrice": yuan(line.price_minor),
    })
}

/// What the platform's cloud alone can open.
fn sealed(plain: &str) -> String {
    let hash = crypto::sha256_hex(&format!("jd/{plain}"));
    format!("AQ{}", hash.get(..46).unwrap_or_default())
}
