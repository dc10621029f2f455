//! A seller's orders, in the coast's wall clock, and who the seller is.

use serde::Deserialize;
use serde_json::{Value, json};

use super::goods::bound;
use super::{Answer, Call, Refusal, list as wrapped, pacific};
use crate::rest::amount::decimal;
use crate::stores::{OrderStage, RefundStage, StoreOrder, StoreOrderLine, page};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    #[serde(default = "first")]
    current_page: usize,
    #[serde(default = "twenty")]
    page_size: usize,
    #[serde(default)]
    create_date_start: Option<String>,
    #[serde(default)]
    create_date_end: Option<String>,
    #[serde(default)]
    modified_date_start: Option<String>,
    #[serde(default)]
    modified_date_end: Option<String>,
    #[serde(default)]
    order_status: Option<String>,
}

fn first() -> usize {
    1
}

fn twenty() -> usize {
    20
}

const STATUSES: [&str; 9] = [
    "PLACE_ORDER_SUCCESS",
    "RISK_CONTROL",
    "WAIT_SELLER_SEND_GOODS",
    "SELLER_PART_SEND_GOODS",
    "WAIT_BUYER_ACCEPT_GOODS",
    "IN_CANCEL",
    "IN_ISSUE",
    "IN_FROZEN",
    "FINISH",
];

/// `aliexpress.solution.order.get`; closed orders are shown only when their status is asked for.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Refusal> {
    let query: Query = call.json("param0")?;
    if query.current_page == 0 || !(1..=50).contains(&query.page_size) {
        return Err(Refusal::parameter("page_size"));
    }
    if query.order_status.as_deref().is_some_and(|status| !STATUSES.contains(&status)) {
        return Err(Refusal::parameter("order_status"));
    }
    let created = [
        bound("create_date_start", query.create_date_start.as_ref())?,
        bound("create_date_end", query.create_date_end.as_ref())?,
    ];
    let modified = [
        bound("modified_date_start", query.modified_date_start.as_ref())?,
        bound("modified_date_end", query.modified_date_end.as_ref())?,
    ];
    let ([created_from, _], [modified_from, _]) = (created, modified);
    if created_from.is_none() && modified_from.is_none() {
        return Err(Refusal::missing("create_date_start"));
    }
    if [created, modified].into_iter().any(|span| matches!(span, [Some(from), Some(until)] if until < from)) {
        return Err(Refusal::parameter("modified_date_end"));
    }
    let within = |at: i64, [from, until]: [Option<i64>; 2]| {
        from.is_none_or(|from| at >= from) && until.is_none_or(|until| at <= until)
    };
    let fits = |order: &&StoreOrder| {
        let told = match query.order_status.as_deref() {
            Some(wanted) => status(order) == wanted,
            None => status(order) != "FINISH",
        };
        told && within(order.created_at, created) && within(order.changed_at, modified)
    };
    let world = call.state.world();
    let store = call.store(&world)?;
    let found: Vec<&StoreOrder> = store.orders_in_order().into_iter().rev().filter(fits).collect();
    let (shown, total) = page(found, query.current_page, query.page_size);
    let rows: Vec<Value> = shown.into_iter().map(row).collect();
    let mut result = json!({"success": true, "total_count": total, "total_page": total.div_ceil(query.page_size),
        "current_page": query.current_page, "page_size": query.page_size});
    if let (Value::Object(members), false) = (&mut result, rows.is_empty()) {
        members.insert("target_list".to_owned(), wrapped("order_dto", rows));
    }
    Ok(Answer::Wrapped(result))
}

fn status(order: &StoreOrder) -> &'static str {
    match (order.stage, order.refund) {
        (OrderStage::Done | OrderStage::Cancelled, _) => "FINISH",
        (OrderStage::Paid, RefundStage::Asked) => "IN_CANCEL",
        (_, RefundStage::Asked) => "IN_ISSUE",
        (OrderStage::Paid | OrderStage::PartShipped, _) if order.held => "RISK_CONTROL",
        (OrderStage::Unpaid, _) => "PLACE_ORDER_SUCCESS",
        (OrderStage::Paid, _) => "WAIT_SELLER_SEND_GOODS",
        (OrderStage::PartShipped, _) => "SELLER_PART_SEND_GOODS",
        (OrderStage::Shipped, _) => "WAIT_BUYER_ACCEPT_GOODS",
    }
}

/// Why a closed order was closed; the status is the same for all of them.
fn end_reason(order: &StoreOrder) -> &'static str {
    match (order.stage, order.paid_at, order.shipped_at) {
        (OrderStage::Done, ..) => "buyer_accept_goods",
        (OrderStage::Cancelled, None, _) => "buyer_cancel_notpay_order",
        (OrderStage::Cancelled, Some(_), None) => "cancel_order_close_trade",
        (OrderStage::Cancelled, Some(_), Some(_)) => "seller_accept_issue_no_goods_return",
        _ => "",
    }
}

fn fund_status(order: &StoreOrder) -> &'static str {
    if order.paid_at.is_some() { "PAY_SUCCESS" } else { "NOT_PAY" }
}

fn logistics_status(order: &StoreOrder) -> &'static str {
    match order.stage {
        _ if order.paid_at.is_none() => "NO_LOGISTICS",
        OrderStage::Done => "BUYER_ACCEPT_GOODS",
        _ if order.shipped_at.is_some() => "SELLER_SEND_GOODS",
        OrderStage::PartShipped => "SELLER_SEND_PART_GOODS",
        _ => "WAIT_SELLER_SEND_GOODS",
    }
}

fn money(minor: i64, currency: &str) -> Value {
    json!({"amount": decimal(minor, currency), "currency_code": currency})
}

fn number(order: &StoreOrder) -> u64 {
    order.id.parse().unwrap_or(0)
}

fn row(order: &StoreOrder) -> Value {
    let line = |one: &StoreOrderLine| {
        json!({"child_id": one.key, "order_id": number(order), "product_id": one.item, "sku_code": one.code,
            "product_name": one.title, "product_count": one.quantity,
            "product_unit_price": money(one.price_minor, &order.currency),
            "total_product_amount": money(one.minor(), &order.currency), "son_order_status": status(order)})
    };
    let mut shown = json!({"order_id": number(order), "order_status": status(order),
        "end_reason": end_reason(order), "fund_status": fund_status(order),
        "logistics_status": logistics_status(order),
        "gmt_create": pacific::text(order.created_at), "gmt_update": pacific::text(order.changed_at),
        "pay_amount": money(order.total_minor(), &order.currency), "buyer_signer_fullname": order.receiver.name,
        "buyer_login_id": order.buyer,
        "product_list": wrapped("order_product_dto", order.lines.iter().map(line).collect())});
    if let (Value::Object(members), Some(paid_at)) = (&mut shown, order.paid_at) {
        members.insert("gmt_pay_time".to_owned(), json!(pacific::text(paid_at)));
    }
    shown
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    order_id: u64,
    #[serde(default)]
    #[expect(dead_code, reason = "read so that another type is refused")]
    ext_info_bit_flag: Option<u64>,
}

fn one(call: &Call<'_>) -> Result<StoreOrder, Refusal> {
    let asked: One = call.json("param1")?;
    let world = call.state.world();
    let order = call.store(&world)?.orders.get(&asked.order_id.to_string()).cloned();
    order.ok_or_else(|| Refusal::service("ORDER_NOT_EXIST", "The order does not exist"))
}

/// `aliexpress.solution.order.info.get`; its names differ from the list's.
pub(super) fn info(call: &Call<'_>) -> Result<Answer, Refusal> {
    let order = one(call)?;
    let line = |one: &StoreOrderLine| {
        json!({"id": one.key, "product_id": one.item, "sku_code": one.code, "product_name": one.title,
            "product_count": one.quantity, "product_price": money(one.price_minor, &order.currency),
            "order_status": status(&order)})
    };
    let mut data = json!({"id": number(&order), "order_status": status(&order),
        "order_end_reason": end_reason(&order), "fund_status": fund_status(&order),
        "logistics_status": logistics_status(&order),
        "gmt_create": pacific::text(order.created_at), "gmt_modified": pacific::text(order.changed_at),
        "order_amount": money(order.total_minor(), &order.currency), "buyer_signer_fullname": order.receiver.name,
        "child_order_list": wrapped("global_aeop_tp_child_order_dto", order.lines.iter().map(line).collect()),
        "receipt_address": address(&order)});
    if let (Value::Object(members), Some(paid_at)) = (&mut data, order.paid_at) {
        members.insert("gmt_pay_success".to_owned(), json!(pacific::text(paid_at)));
    }
    Ok(Answer::Wrapped(json!({"data": data, "error_code": 0})))
}

/// `aliexpress.solution.order.receiptinfo.get`.
pub(super) fn receipt(call: &Call<'_>) -> Result<Answer, Refusal> {
    Ok(Answer::Wrapped(address(&one(call)?)))
}

fn address(order: &StoreOrder) -> Value {
    let to = &order.receiver;
    json!({"contact_person": to.name, "country": to.country, "province": to.province, "city": to.city,
        "detail_address": to.street, "address2": to.district, "zip": to.postcode, "mobile_no": to.phone})
}

/// `aliexpress.solution.merchant.profile.get`.
pub(super) fn profile(call: &Call<'_>) -> Result<Answer, Refusal> {
    let world = call.state.world();
    let store = call.store(&world)?;
    Ok(Answer::Bare(json!({"shop_id": store.of.seller, "shop_name": store.name, "merchant_login_id": store.of.seller,
        "country_code": "CN", "shop_type": "official"})))
}
