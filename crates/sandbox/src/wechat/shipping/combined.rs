//! Shipping information of a combined payment: some of its orders, each told like a payment of its own.

use chrono::DateTime;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::{Call, Errcode, Reply, done, refuse};
use super::{OrderKey, Parcel, Payer, Upload, after, is_shippable, judge};
use crate::pay::orders::Order;
use crate::world::World;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CombinedUpload {
    order_key: OrderKey,
    sub_orders: Vec<SubOrder>,
    upload_time: String,
    payer: Payer,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubOrder {
    order_key: OrderKey,
    logistics_type: u32,
    delivery_mode: u32,
    is_all_delivered: Option<bool>,
    shipping_list: Vec<Parcel>,
}

/// `POST /wxa/sec/order/upload_combined_shipping_info`: all that is told is taken, or nothing.
pub(in super::super) fn upload(call: &Call<'_>) -> Reply {
    let app = call.app()?;
    let body: CombinedUpload = call.json()?;
    let contents: Value = call.json()?;
    let moment = DateTime::parse_from_rfc3339(&body.upload_time)
        .map_err(|_| Errcode(268_485_216, "upload_time is not RFC 3339".to_owned()))?;
    if body.sub_orders.is_empty() {
        return refuse(10_060_020, "sub_orders missing");
    }
    let mut world = call.state.world();
    let orders = whole(&world, &body.order_key)?;
    if !orders.iter().all(|order| order.is_of_app(&app)) {
        return refuse(10_060_001, "payment order not found");
    }
    let upload_ms = moment.timestamp_millis();
    let mut told = Vec::new();
    for (place, sub) in body.sub_orders.into_iter().enumerate() {
        let order = part(&orders, body.order_key.order_number_type, &sub.order_key)?;
        is_shippable(order, &body.payer)?;
        let content = json!([contents.pointer(&format!("/sub_orders/{place}")), contents.get("payer")]);
        let upload = Upload {
            order_key: sub.order_key,
            logistics_type: sub.logistics_type,
            delivery_mode: sub.delivery_mode,
            is_all_delivered: sub.is_all_delivered,
            shipping_list: sub.shipping_list,
            upload_time: body.upload_time.clone(),
            payer: body.payer.clone(),
        };
        judge(&upload)?;
        let id = order.transaction_id.clone();
        let earlier = world.wechat.shipping.get(&id).cloned();
        told.push((id, after(earlier, upload, content, upload_ms, call.now)?));
    }
    if newest(&world, &orders).is_some_and(|last| upload_ms <= last) {
        return refuse(10_060_014, "upload_time is not newer than the last one of the combined payment");
    }
    world.wechat.shipping.extend(told);
    done()
}

/// The orders of the combined payment that is named.
fn whole(world: &World, key: &OrderKey) -> Result<Vec<Order>, Errcode> {
    let found = match (key.order_number_type, &key.transaction_id, &key.mchid, &key.out_trade_no) {
        (2, None, _, _) => return refuse(268_485_195, "transaction_id missing"),
        // A combined payment has no number of WeChat's own: only its orders have.
        (2, Some(_), _, _) => None,
        (1, _, None, _) => return refuse(268_485_196, "mchid missing"),
        (1, _, _, None) => return refuse(268_485_197, "out_trade_no missing"),
        (1, _, Some(mchid), Some(number)) => world.paid_combination(mchid, number),
        _ => return refuse(268_485_194, "invalid order_number_type"),
    };
    found.ok_or_else(|| Errcode(10_060_001, "payment order not found".to_owned()))
}

/// The order among them that is named, in the same way as the whole.
fn part<'a>(orders: &'a [Order], kind: u32, key: &OrderKey) -> Result<&'a Order, Errcode> {
    if key.order_number_type != kind {
        return refuse(268_485_194, "order_number_type differs from that of the combined order");
    }
    let (mchid, number) = (key.mchid.as_deref(), key.out_trade_no.as_deref());
    let named = |order: &&Order| Some(order.seller.as_str()) == mchid && Some(order.out_trade_no.as_str()) == number;
    orders.iter().find(named).ok_or_else(|| Errcode(10_060_001, "payment order not found".to_owned()))
}

/// When any of the orders was last told of.
fn newest(world: &World, orders: &[Order]) -> Option<i64> {
    let told = |order: &Order| world.wechat.shipping.get(&order.transaction_id).map(|shipping| shipping.upload_ms);
    orders.iter().filter_map(told).max()
}
