//! What shipping management is asked beside uploads: lists, reminders, pages, carriers.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::{Answer, Call, Reply, done, refuse};
use super::{order_state, paid, shown};
use crate::pay::orders::OrderState;
use crate::state::SandboxState;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AppidBody {
    appid: Option<String>,
}

/// `POST /wxa/sec/order/is_trade_managed`.
pub(in super::super) fn is_trade_managed(call: &Call<'_>) -> Reply {
    let app = call.app()?;
    let body: AppidBody = call.json()?;
    if body.appid.as_deref() != Some(app.appid.as_str()) {
        return refuse(40_097, "invalid args: appid");
    }
    Ok(Answer::Json(json!({"errcode": 0, "errmsg": "ok", "is_trade_managed": call.state.config().trade_managed})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderList {
    pay_time_range: Option<PayTimeRange>,
    order_state: Option<u32>,
    openid: Option<String>,
    last_index: Option<String>,
    page_size: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PayTimeRange {
    begin_time: Option<i64>,
    end_time: Option<i64>,
}

/// `POST /wxa/sec/order/get_order_list`.
pub(in super::super) fn get_order_list(call: &Call<'_>) -> Reply {
    let app = call.app()?;
    let body: OrderList = call.json()?;
    let after: u64 = match &body.last_index {
        None => 0,
        Some(text) => match text.parse() {
            Ok(seq) => seq,
            Err(_) => return refuse(10_060_011, "last_index is not one of ours"),
        },
    };
    let range = body.pay_time_range;
    let from = range.as_ref().and_then(|range| range.begin_time).unwrap_or(0);
    let until = range.as_ref().and_then(|range| range.end_time).unwrap_or(i64::MAX);
    let size = body.page_size.unwrap_or(100).clamp(1, 100);
    let world = call.state.world();
    let mut orders: Vec<_> = world
        .orders
        .values()
        .filter(|order| order.is_of_app(&app) && order.state == OrderState::Paid && order.seq > after)
        .filter(|order| (from..=until).contains(&order.paid_at))
        .filter(|order| body.openid.as_deref().is_none_or(|openid| order.payer() == openid))
        .map(|order| (order, world.wechat.shipping.get(&order.transaction_id)))
        .filter(|(order, shipping)| {
            body.order_state.is_none_or(|wanted| order_state(order, *shipping, call.now) == wanted)
        })
        .collect();
    orders.sort_by_key(|(order, _)| order.seq);
    let has_more = orders.len() > size;
    orders.truncate(size);
    let last_index = orders.last().map(|(order, _)| order.seq.to_string()).unwrap_or_default();
    let list: Vec<Value> = orders.into_iter().map(|(order, shipping)| shown(order, shipping, call.now)).collect();
    Ok(Answer::Json(
        json!({"errcode": 0, "errmsg": "ok", "order_list": list, "last_index": last_index, "has_more": has_more}),
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Remind {
    transaction_id: Option<String>,
    merchant_id: Option<String>,
    sub_merchant_id: Option<String>,
    merchant_trade_no: Option<String>,
    received_time: i64,
}

/// `POST /wxa/sec/order/notify_confirm_receive`.
pub(in super::super) fn remind(call: &Call<'_>) -> Reply {
    let app = call.app()?;
    let body: Remind = call.json()?;
    let seller = body.sub_merchant_id.as_deref().or(body.merchant_id.as_deref());
    let number = seller.zip(body.merchant_trade_no.as_deref());
    let mut world = call.state.world();
    let transaction_id = paid(&world, &app, body.transaction_id.as_deref(), number)?.transaction_id.clone();
    let Some(shipping) = world.wechat.shipping.get_mut(&transaction_id).filter(|shipping| shipping.finished) else {
        return refuse(10_060_028, "the order is not shipped");
    };
    if shipping.logistics_type != 1 {
        return refuse(10_060_032, "only express orders are reminded of");
    }
    if body.received_time < shipping.shipped_at {
        return refuse(10_060_029, "received before it was shipped");
    }
    if shipping.reminded {
        return refuse(10_060_030, "the order was reminded of before");
    }
    shipping.reminded = true;
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PathBody {
    path: String,
}

/// `POST /wxa/sec/order/set_msg_jump_path`.
pub(in super::super) fn message_page(call: &Call<'_>) -> Reply {
    call.app()?;
    let _: PathBody = call.json()?;
    done()
}

/// `POST /wxa/sec/order/update_order_detail_path`.
pub(in super::super) fn order_page(call: &Call<'_>) -> Reply {
    call.app()?;
    let body: PathBody = call.json()?;
    if !body.path.contains("${商品订单号}") {
        return refuse(10_060_035, "invalid path");
    }
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoBody {}

/// `POST /cgi-bin/express/delivery/open_msg/get_delivery_list`.
pub(in super::super) fn carriers(call: &Call<'_>) -> Reply {
    call.app()?;
    let _: NoBody = call.json()?;
    let known = [("SF", "顺丰速运"), ("ZTO", "中通快递"), ("YTO", "圆通速递"), ("STO", "申通快递"), ("YD", "韵达快递")];
    let list: Vec<Value> = known.iter().map(|(id, name)| json!({"delivery_id": id, "delivery_name": name})).collect();
    Ok(Answer::Json(json!({"errcode": 0, "errmsg": "ok", "delivery_list": list, "count": list.len()})))
}

impl SandboxState {
    /// The settlement event that WeChat pushes about a payment as it now stands; `None` before it
    /// was shipped.
    pub fn settlement_event(&self, transaction_id: &str) -> Option<Map<String, Value>> {
        let now = self.now();
        let world = self.world();
        let order = world.orders.get(world.transactions.get(transaction_id)?)?;
        let shipping = world.wechat.shipping.get(transaction_id)?;
        let days = if shipping.logistics_type == 1 { 10 } else { 2 };
        // Not settled yet is told by zeros.
        let settled = shipping.settled(now);
        let (method, confirmed, free) = match (settled, shipping.received_at) {
            (false, _) => (0, 0, 0),
            (true, Some(at)) => (2, at, now),
            (true, None) => (1, now, now),
        };
        let event = json!({
            "ToUserName": "gh_sandbox", "FromUserName": order.payer(), "CreateTime": now, "MsgType": "event",
            "Event": "trade_manage_order_settlement", "transaction_id": transaction_id,
            "merchant_id": order.account, "merchant_trade_no": order.out_trade_no, "pay_time": order.paid_at,
            "shipped_time": shipping.shipped_at,
            "estimated_settlement_time": shipping.shipped_at + days * 86_400,
            "confirm_receive_method": method, "confirm_receive_time": confirmed, "settlement_time": free,
        });
        event.as_object().cloned()
    }
}
