//! Orders of the stores behind the merchant.

use serde_json::{Value, json};

use super::{Call, Refusal, Reply};
use crate::rest::amount::number;
use crate::stores::{OrderStage, StoreOrder};

/// What the list takes.
pub(super) const PARAMETERS: &[&str] =
    &["page", "limit", "modify_time", "create_time", "pay_time", "end_time", "trade_status", "query_extend", "uid"];

/// About three months of history.
const REACH_S: i64 = 92 * 86_400;

/// `list/trades`.
pub(super) fn list(call: &Call<'_>) -> Reply {
    let uid = call.fields.text("uid");
    let begins = [call.moment("modify_time")?, call.moment("create_time")?, call.moment("pay_time")?];
    let until = call.moment("end_time")?;
    if uid.is_none() && begins.iter().flatten().count() != 1 {
        return Err(Refusal::parameter("modify_time"));
    }
    if begins.iter().flatten().any(|from| until.is_some_and(|until| until < *from)) {
        return Err(Refusal::parameter("end_time"));
    }
    let [modified, created, paid] = begins;
    let after = |at: Option<i64>, from: Option<i64>| {
        from.is_none_or(|from| at.is_some_and(|at| at >= from && until.is_none_or(|until| at <= until)))
    };
    let fits = |order: &&StoreOrder| {
        call.now - order.created_at <= REACH_S
            && uid.is_none_or(|uid| uid == key(order))
            && after(Some(order.changed_at), modified)
            && after(Some(order.created_at), created)
            && after(order.paid_at, paid)
    };
    let world = call.state.world();
    let store = call.store(&world)?;
    let mut found: Vec<&StoreOrder> = store.orders.values().filter(fits).collect();
    found.sort_by_key(|order| (order.changed_at, order.seq));
    let shown = call.paged(found, 200)?;
    Ok(shown.into_iter().map(|order| row(&store.name, order)).collect())
}

/// The ERP's own key of an order.
fn key(order: &StoreOrder) -> String {
    format!("3B{:010X}", order.seq)
}

fn row(shop: &str, order: &StoreOrder) -> Value {
    let status = match order.stage {
        OrderStage::Unpaid => 0,
        OrderStage::Paid => 1,
        OrderStage::PartShipped | OrderStage::Shipped => 2,
        OrderStage::Done => 3,
        OrderStage::Cancelled => 4,
    };
    let money = |minor: i64| number(minor, &order.currency);
    let lines: Vec<Value> = order
        .lines
        .iter()
        .map(|line| {
            json!({"order_id": line.key.to_string(), "item_name": line.title, "sku_code": line.code,
                "size": line.quantity, "price": money(line.price_minor), "payment": money(line.minor()),
                "oln_sku_id": line.variant.to_string(), "sys_spec_uid": format!("{:X}", line.variant)})
        })
        .collect();
    let to = &order.receiver;
    let abroad = (order.currency != "CNY").then_some(order.currency.as_str());
    json!({"uid": key(order), "trade_no": order.id, "tp_tid": format!("T-{}", order.seq), "shop_nick": shop,
        "sys_shop": shop, "status": status, "process_status": i64::from(order.shipped_at.is_some()),
        "is_pay": order.paid_at.is_some(), "create_time": order.created_at * 1_000,
        "modify_time": order.changed_at * 1_000, "pay_time": order.paid_at.map(|at| at * 1_000),
        "paid_fee": money(order.total_minor()), "post_fee": money(order.postage_minor), "currency_code": abroad,
        "receiver": to.name, "mobile": to.phone, "province": to.province, "city": to.city, "district": to.district,
        "address": to.street, "buyer_msg": order.note, "orders": lines})
}
