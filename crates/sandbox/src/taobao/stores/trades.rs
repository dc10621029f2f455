//! A store's orders in Taobao's words.

use serde_json::{Value, json};

use super::super::{Refusal, Reply};
use super::StoreCall;
use crate::clock::beijing_text;
use crate::crypto;
use crate::json::joined;
use crate::state::SandboxState;
use crate::stores::{OrderStage, RefundStage, StoreOrder, StoreOrderLine, major, masked, masked_phone, page};

/// Parameters of the list by change.
pub(super) const INCREMENT: &[&str] = &[
    "fields",
    "start_modified",
    "end_modified",
    "status",
    "type",
    "tag",
    "ext_type",
    "page_no",
    "page_size",
    "use_has_next",
];

/// Fields of an order; the last ones only in full information.
const FIELDS: &[&str] = &[
    "tid",
    "status",
    "payment",
    "post_fee",
    "total_fee",
    "discount_fee",
    "created",
    "pay_time",
    "consign_time",
    "end_time",
    "modified",
    "buyer_open_uid",
    "buyer_nick",
    "buyer_message",
    "receiver_country",
    "receiver_state",
    "receiver_city",
    "receiver_district",
    "receiver_zip",
    "receiver_name",
    "receiver_mobile",
    "receiver_phone",
    "receiver_address",
    "orders",
];

/// A window is at most a day.
const WINDOW_S: i64 = 86_400;

/// Three months back.
const REACH_S: i64 = 90 * 86_400;

/// `taobao.trades.sold.increment.get`.
pub(super) fn increment(call: &StoreCall<'_>) -> Reply {
    let fields = call.fields(FIELDS, &[])?;
    let needed = |name: &str| call.time(name)?.ok_or_else(|| Refusal::missing(name));
    let (from, until) = (needed("start_modified")?, needed("end_modified")?);
    if until < from || from < call.call.now - REACH_S {
        return Err(Refusal::wrong("start_modified"));
    }
    if until - from > WINDOW_S {
        return Err(Refusal::remote("isv.time-span-error", "查询时间跨度不能超过1天"));
    }
    let (number, size) = call.page(40, 100)?;
    let no_total = match call.call.params.text("use_has_next") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Refusal::wrong("use_has_next")),
    };
    let status = call.call.params.text("status");
    call.read(|store| {
        let mut orders = store.orders_changed(from, until);
        orders.retain(|order| status.is_none_or(|status| status == status_of(order)));
        // What changed last comes first.
        orders.reverse();
        let (rows, total) = page(orders, number, size);
        let rows: Vec<Value> = rows.into_iter().map(|order| fields.of(dressed(call.call.state, order))).collect();
        let trades = if rows.is_empty() { json!({}) } else { json!({"trade": rows}) };
        match no_total {
            true => json!({"trades": trades, "has_next": number * size < total}),
            false => json!({"trades": trades, "total_results": total}),
        }
    })
}

/// `taobao.trade.fullinfo.get`.
pub(super) fn whole(call: &StoreCall<'_>) -> Reply {
    let fields = call.fields(FIELDS, &[])?;
    let number = call.needed("tid")?;
    let found = call.read(|store| {
        store.orders.get(number).map(|order| json!({"trade": fields.of(dressed(call.call.state, order))}))
    })?;
    found.ok_or_else(|| Refusal::remote("isv.trade-not-exist", "交易不存在"))
}

fn status_of(order: &StoreOrder) -> &'static str {
    match order.stage {
        OrderStage::Unpaid => "WAIT_BUYER_PAY",
        OrderStage::Paid if order.held => "PAID_FORBID_CONSIGN",
        OrderStage::Paid => "WAIT_SELLER_SEND_GOODS",
        OrderStage::PartShipped => "SELLER_CONSIGNED_PART",
        OrderStage::Shipped => "WAIT_BUYER_CONFIRM_GOODS",
        OrderStage::Done => "TRADE_FINISHED",
        OrderStage::Cancelled if order.paid_at.is_some() => "TRADE_CLOSED",
        OrderStage::Cancelled => "TRADE_CLOSED_BY_TAOBAO",
    }
}

fn dressed(state: &SandboxState, order: &StoreOrder) -> Value {
    let mut whole = json!({
        "tid": order.id.parse::<u64>().ok(), "status": status_of(order), "payment": major(order.total_minor(), "CNY"),
        "post_fee": major(order.postage_minor, "CNY"), "total_fee": major(order.goods_minor(), "CNY"),
        "discount_fee": major(order.discount_minor, "CNY"), "created": beijing_text(order.created_at),
        "modified": beijing_text(order.changed_at), "buyer_nick": masked(&order.buyer),
        "buyer_open_uid": format!("AAH{}", crypto::sha256_hex(&order.buyer).get(..20).unwrap_or_default()),
        "orders": {"order": order.lines.iter().map(|line| line_of(state, order, line)).collect::<Vec<_>>()},
    });
    // Times that have not come and words that nobody wrote are absent.
    let ended = order.ended_at;
    for (name, at) in [("pay_time", order.paid_at), ("consign_time", order.shipped_at), ("end_time", ended)] {
        if let Some(at) = at {
            whole = joined(whole, json!({ name: beijing_text(at) }));
        }
    }
    if !order.note.is_empty() {
        whole = joined(whole, json!({"buyer_message": order.note}));
    }
    joined(whole, receiver(order))
}

/// Masked: the merchant's tools inside the platform's cloud see more.
fn receiver(order: &StoreOrder) -> Value {
    let to = &order.receiver;
    json!({
        "receiver_country": "中国", "receiver_state": to.province, "receiver_city": to.city,
        "receiver_district": to.district, "receiver_zip": to.postcode, "receiver_name": masked(&to.name),
        "receiver_mobile": masked_phone(&to.phone), "receiver_address": masked(&to.street),
    })
}

fn line_of(state: &SandboxState, order: &StoreOrder, line: &StoreOrderLine) -> Value {
    let sent = line.shipped >= line.quantity;
    let status = match order.stage {
        OrderStage::PartShipped if sent => "WAIT_BUYER_CONFIRM_GOODS",
        OrderStage::PartShipped => "WAIT_SELLER_SEND_GOODS",
        _ => status_of(order),
    };
    let refund = match order.refund {
        RefundStage::None => "NO_REFUND",
        RefundStage::Asked => "WAIT_SELLER_AGREE",
        RefundStage::Refunded => "SUCCESS",
    };
    let mut whole = json!({
        "oid": line.key, "num_iid": line.item, "title": line.title, "num": line.quantity,
        "price": major(line.price_minor, "CNY"), "payment": major(paid(order, line), "CNY"),
        "total_fee": major(line.minor(), "CNY"), "status": status, "refund_status": refund,
        "pic_path": state.photograph_url(line.picture),
    });
    let specs = line.specs.iter().map(|(name, value)| format!("{name}:{value}")).collect::<Vec<_>>().join(";");
    whole = match specs.is_empty() {
        true => joined(whole, json!({"outer_iid": line.code})),
        false => joined(
            whole,
            json!({"sku_id": line.variant.to_string(), "outer_sku_id": line.code, "sku_properties_name": specs}),
        ),
    };
    let parcel = order.parcels.iter().rev().find(|parcel| parcel.lines.iter().any(|(key, _)| *key == line.key));
    match parcel {
        Some(parcel) => joined(
            whole,
            json!({"logistics_company": parcel.carrier, "invoice_no": parcel.number, "shipping_type": "express"}),
        ),
        None => whole,
    }
}

/// A line's share of what was paid without postage; the last line takes what is left over.
fn paid(order: &StoreOrder, line: &StoreOrderLine) -> i64 {
    let goods = order.goods_minor().max(1);
    let share = |line: &StoreOrderLine| order.discount_minor * line.minor() / goods;
    let others: i64 = order.lines.iter().filter(|other| other.key != line.key).map(share).sum();
    match order.lines.last() {
        Some(last) if last.key == line.key => line.minor() - (order.discount_minor - others),
        _ => line.minor() - share(line),
    }
}
