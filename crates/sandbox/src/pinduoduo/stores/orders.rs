//! A store's orders in Pinduoduo's words.

use serde_json::{Value, json};

use super::super::{Refusal, Reply};
use super::{StoreCall, wrong};
use crate::clock::beijing_text;
use crate::crypto;
use crate::json::joined;
use crate::state::SandboxState;
use crate::stores::{OrderStage, RefundStage, StoreOrder, StoreOrderLine, major, masked, masked_phone, page};

/// Parameters of the list by change.
pub(super) const INCREMENT: &[&str] = &[
    "start_updated_at",
    "end_updated_at",
    "is_lucky_flag",
    "order_status",
    "refund_status",
    "page",
    "page_size",
    "trade_type",
    "use_has_next",
];

/// Parameters of the list by confirmation.
pub(super) const CONFIRMED: &[&str] = &[
    "start_confirm_at",
    "end_confirm_at",
    "order_status",
    "refund_status",
    "page",
    "page_size",
    "trade_type",
    "use_has_next",
];

/// A window by change is at most half an hour.
const CHANGE_WINDOW_S: i64 = 1_800;

/// One by confirmation at most a day.
const CONFIRM_WINDOW_S: i64 = 86_400;

/// Orders older than this are no longer told.
const REACH_S: i64 = 90 * 86_400;

/// How long a merchant has to send.
const SHIP_WITHIN_S: i64 = 2 * 86_400;

/// `pdd.order.number.list.increment.get`.
pub(super) fn increment(call: &StoreCall<'_>) -> Reply {
    if !matches!(call.needed_integer("is_lucky_flag")?, 0..=2) {
        return Err(wrong("is_lucky_flag"));
    }
    let window = window(call, ("start_updated_at", "end_updated_at"), CHANGE_WINDOW_S)?;
    listing(call, "order_sn_list", |order| window.contains(&order.changed_at))
}

/// `pdd.order.list.get`.
pub(super) fn confirmed(call: &StoreCall<'_>) -> Reply {
    let window = window(call, ("start_confirm_at", "end_confirm_at"), CONFIRM_WINDOW_S)?;
    listing(call, "order_list", |order| order.paid_at.is_some_and(|paid| window.contains(&paid)))
}

fn window(call: &StoreCall<'_>, names: (&str, &str), longest: i64) -> Result<std::ops::RangeInclusive<i64>, Refusal> {
    let (from, until) = (call.needed_integer(names.0)?, call.needed_integer(names.1)?);
    if until < from || from < call.call.now - REACH_S {
        return Err(wrong(names.0));
    }
    if until - from > longest {
        return Err(Refusal(50_001, format!("查询时间跨度不能超过{}分钟", longest / 60)));
    }
    Ok(from..=until)
}

fn listing(call: &StoreCall<'_>, name: &str, within: impl Fn(&StoreOrder) -> bool) -> Reply {
    let needed = |name: &str| call.needed_integer(name);
    let (status, refund) = (needed("order_status")?, needed("refund_status")?);
    if !matches!(status, 1 | 2 | 3 | 5) {
        return Err(wrong("order_status"));
    }
    if !matches!(refund, 1..=5) {
        return Err(wrong("refund_status"));
    }
    let (number, size) = call.page(1, 100)?;
    let no_total = call.call.params.flag("use_has_next")?.unwrap_or(false);
    let wanted = |order: &&StoreOrder| {
        order.paid_at.is_some()
            && within(order)
            && (status == 5 || status_of(order) == status)
            && (refund == 5 || refund_of(order) == refund)
    };
    call.read(|store| {
        let mut orders: Vec<&StoreOrder> = store.orders.values().filter(wanted).collect();
        orders.sort_by_key(|order| (order.changed_at, order.seq));
        let (rows, total) = page(orders, number, size);
        let more = number * size < total;
        let rows: Vec<Value> = rows.into_iter().map(|order| dressed(call, order)).collect();
        if no_total { json!({ name: rows, "has_next": more }) } else { json!({ name: rows, "total_count": total }) }
    })
}

fn unknown() -> Refusal {
    Refusal(50_001, "订单不存在".to_owned())
}

/// `pdd.order.information.get`.
pub(super) fn information(call: &StoreCall<'_>) -> Reply {
    let number = call.call.params.needed("order_sn")?;
    let found = call.read(|store| store.orders.get(number).map(|order| json!({"order_info": dressed(call, order)})))?;
    found.ok_or_else(unknown)
}

/// `pdd.order.status.get`.
pub(super) fn status(call: &StoreCall<'_>) -> Reply {
    let numbers: Vec<&str> = call.call.params.needed("order_sns")?.split(',').collect();
    if numbers.len() > 100 {
        return Err(wrong("order_sns"));
    }
    call.read(|store| {
        let found = numbers.iter().filter_map(|number| store.orders.get(*number));
        // The spelling differs from that of the other methods.
        let row = |order: &StoreOrder| {
            json!({"orderSn": order.id, "order_status": status_of(order), "refund_status": refund_of(order)})
        };
        json!({"order_status_list": found.map(row).collect::<Vec<_>>()})
    })
}

fn status_of(order: &StoreOrder) -> i64 {
    match order.stage {
        OrderStage::Done => 3,
        OrderStage::Shipped | OrderStage::PartShipped => 2,
        OrderStage::Cancelled if order.shipped_at.is_some() => 2,
        OrderStage::Unpaid | OrderStage::Paid | OrderStage::Cancelled => 1,
    }
}

fn refund_of(order: &StoreOrder) -> i64 {
    match order.refund {
        RefundStage::None => 1,
        RefundStage::Asked => 2,
        RefundStage::Refunded => 4,
    }
}

fn dressed(call: &StoreCall<'_>, order: &StoreOrder) -> Value {
    let yuan = |fen: i64| json!(major(fen, "CNY"));
    let when = |at: Option<i64>| at.map_or(String::new(), beijing_text);
    let confirmed = order.paid_at.map(|at| at + 30);
    let facts = json!({
        "order_sn": order.id, "mall_id": call.store.seller.parse::<i64>().ok(),
        "order_status": status_of(order), "refund_status": refund_of(order),
        "after_sales_status": match order.refund { RefundStage::None => 0, RefundStage::Asked => 2, RefundStage::Refunded => 10 },
        "confirm_status": if order.stage == OrderStage::Cancelled && order.refund == RefundStage::None { 2 } else { 1 },
        "group_status": 1, "is_lucky_flag": 1, "trade_type": 0, "risk_control_status": i32::from(order.held),
        "created_time": beijing_text(order.created_at), "pay_time": when(order.paid_at),
        "confirm_time": when(confirmed), "updated_at": beijing_text(order.changed_at),
        "shipping_time": when(order.shipped_at),
        "receive_time": when(order.ended_at.filter(|_| order.stage == OrderStage::Done)),
        "last_ship_time": when(order.paid_at.map(|at| at + SHIP_WITHIN_S)),
        "pay_amount": yuan(order.total_minor()), "goods_amount": yuan(order.goods_minor()),
        "discount_amount": yuan(order.discount_minor), "platform_discount": "0.00",
        "seller_discount": yuan(order.discount_minor), "postage": yuan(order.postage_minor), "pay_type": "WEIXIN",
        "remark": "", "buyer_memo": order.note,
        "tracking_number": order.parcels.last().map_or("", |parcel| parcel.number.as_str()),
        "logistics_id": order.parcels.last().and_then(|parcel| parcel.carrier.parse::<i64>().ok()).unwrap_or(0),
        "item_list": order.lines.iter().map(|line| line_of(call.call.state, line)).collect::<Vec<_>>(),
    });
    joined(facts, receiver(order))
}

fn line_of(state: &SandboxState, line: &StoreOrderLine) -> Value {
    json!({
        "goods_id": line.item, "sku_id": line.variant, "goods_name": line.title, "goods_spec": line.spec_values(),
        "goods_price": major(line.price_minor, "CNY"), "goods_count": line.quantity,
        "goods_img": state.photograph_url(line.picture), "outer_id": line.code,
        "outer_goods_id": format!("G{}", line.item),
    })
}

/// Ciphertexts while the order is to be sent and not held, masks always.
fn receiver(order: &StoreOrder) -> Value {
    let open = order.may_be_sent();
    let sealed = |what: &str| if open { sealed(order, what) } else { String::new() };
    let to = &order.receiver;
    json!({
        "country": "中国", "country_id": 1, "province": to.province, "city": to.city, "town": to.district,
        "receiver_name": sealed("name"), "receiver_phone": sealed("phone"), "receiver_address": sealed("address"),
        "address": "", "receiver_name_mask": masked(&to.name), "receiver_phone_mask": masked_phone(&to.phone),
        "receiver_address_mask": masked(&to.street),
        "address_mask": format!("{}{}{}**", to.province, to.city, to.district),
    })
}

/// The cipher of one part of an order's receiver: opaque, but the same whenever it is told.
fn sealed(order: &StoreOrder, what: &str) -> String {
    let hash = crypto::sha256_hex(&format!("pinduoduo/{}/{what}", order.id));
    let piece = hash.get(..32).unwrap_or_default();
    match what {
        "phone" => format!("${piece}$AgAAAA$1$$"),
        _ => format!("~AgAAAA{piece}~0~"),
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    data_tag: String,
    encrypted_data: String,
}

/// `pdd.open.decrypt.batch`.
pub(super) fn decrypt(call: &StoreCall<'_>) -> Reply {
    let list: Vec<Sealed> =
        serde_json::from_str(call.call.params.needed("data_list")?).map_err(|_| wrong("data_list"))?;
    if list.is_empty() || list.len() > 100 {
        return Err(wrong("data_list"));
    }
    call.read(|store| {
        let open = |row: &Sealed| {
            let order = store.orders.get(&row.data_tag).filter(|order| order.may_be_sent());
            let parts = order.map(|order| {
                let to = &order.receiver;
                [("name", &to.name), ("phone", &to.phone), ("address", &to.street)]
                    .map(|(what, plain)| (sealed(order, what), plain.clone()))
            });
            let plain = parts.into_iter().flatten().find(|(cipher, _)| *cipher == row.encrypted_data);
            let said = |code: i64, words: &str, plain: &str| {
                json!({"data_tag": row.data_tag, "encrypted_data": row.encrypted_data, "decrypted_data": plain,
                    "error_code": code, "error_msg": words})
            };
            match plain {
                Some((_, plain)) => said(0, "", &plain),
                None => said(50_001, "解密失败", ""),
            }
        };
        json!({"data_decrypt_list": list.iter().map(open).collect::<Vec<_>>()})
    })
}
