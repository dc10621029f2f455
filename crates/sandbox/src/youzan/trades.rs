//! Orders. Amounts are texts in yuan here; receivers may be ciphertexts.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Refusal, Reply};
use crate::clock::{beijing_text, parse_beijing};
use crate::crypto;
use crate::json::joined;
use crate::stores::{OrderStage, RefundStage, StoreOrder, StoreOrderLine, major, page};

/// A window is at most three months.
const WINDOW_S: i64 = 92 * 86_400;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sold {
    start_update: Option<String>,
    end_update: Option<String>,
    start_created: Option<String>,
    end_created: Option<String>,
    start_success: Option<String>,
    end_success: Option<String>,
    status: Option<String>,
    page_no: usize,
    page_size: usize,
}

/// `youzan.trades.sold.get`.
pub(super) fn sold(call: &Call<'_>) -> Reply {
    let asked: Sold = call.parameters()?;
    if !(1..=100).contains(&asked.page_no) || !(1..=100).contains(&asked.page_size) {
        return Err(Refusal::service(105_000_003, "分页参数超出限制"));
    }
    let updated = pair(asked.start_update.as_deref(), asked.end_update.as_deref())?;
    let created = pair(asked.start_created.as_deref(), asked.end_created.as_deref())?;
    let ended = pair(asked.start_success.as_deref(), asked.end_success.as_deref())?;
    let within = |window: Option<(i64, i64)>, at: Option<i64>| {
        window.is_none_or(|(from, until)| at.is_some_and(|at| (from..=until).contains(&at)))
    };
    call.read(|store| {
        let wanted = |order: &&StoreOrder| {
            within(updated, Some(order.changed_at))
                && within(created, Some(order.created_at))
                && within(ended, order.ended_at)
                && asked.status.as_ref().is_none_or(|status| status == status_of(order))
        };
        let mut orders: Vec<&StoreOrder> = store.orders.values().filter(wanted).collect();
        orders.sort_by_key(|order| std::cmp::Reverse((order.changed_at, order.seq)));
        let (rows, total) = page(orders, asked.page_no, asked.page_size);
        let rows: Vec<Value> = rows.into_iter().map(|order| dressed(call, order)).collect();
        json!({"total_results": total, "full_order_info_list": rows})
    })
}

/// Times come in pairs, whole to the second.
fn pair(from: Option<&str>, until: Option<&str>) -> Result<Option<(i64, i64)>, Refusal> {
    let parse = |text: &str| parse_beijing(text).ok_or(Refusal::Gateway(5001, "参数类型错误"));
    match (from, until) {
        (None, None) => Ok(None),
        (Some(from), Some(until)) => {
            let (from, until) = (parse(from)?, parse(until)?);
            if until < from || until - from > WINDOW_S {
                return Err(Refusal::service(106_000_001, "查询时间跨度不能超过3个月,请重新选择起止时间"));
            }
            Ok(Some((from, until)))
        }
        _ => Err(Refusal::service(105_000_003, "起止时间必须成对")),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    tid: String,
}

/// `youzan.trade.get`.
pub(super) fn one(call: &Call<'_>) -> Reply {
    let asked: One = call.parameters()?;
    let found = call.read(|store| store.orders.get(&asked.tid).map(|order| dressed(call, order)))?;
    found.ok_or_else(|| Refusal::service(101_305_001, "订单不存在"))
}

/// The word for where an order stands.
pub(super) fn status_of(order: &StoreOrder) -> &'static str {
    match order.stage {
        OrderStage::Unpaid => "WAIT_BUYER_PAY",
        OrderStage::Paid if order.held => "WAIT_CONFIRM",
        OrderStage::Paid | OrderStage::PartShipped => "WAIT_SELLER_SEND_GOODS",
        OrderStage::Shipped => "WAIT_BUYER_CONFIRM_GOODS",
        OrderStage::Done => "TRADE_SUCCESS",
        OrderStage::Cancelled => "TRADE_CLOSED",
    }
}

fn words_of(order: &StoreOrder) -> &'static str {
    match order.stage {
        OrderStage::Unpaid => "待付款",
        OrderStage::Paid if order.held => "待成团",
        OrderStage::Paid | OrderStage::PartShipped => "待发货",
        OrderStage::Shipped => "已发货",
        OrderStage::Done => "已完成",
        OrderStage::Cancelled => "已关闭",
    }
}

fn dressed(call: &Call<'_>, order: &StoreOrder) -> Value {
    let kdt: Option<i64> = call.store.seller.parse().ok();
    let when = |at: Option<i64>| at.map_or(String::new(), beijing_text);
    let refund = match order.refund {
        RefundStage::None => 0,
        RefundStage::Asked => 1,
        RefundStage::Refunded => 12,
    };
    let to = &order.receiver;
    let buyer = crypto::sha256_hex(&order.buyer);
    json!({"full_order_info": {
        "order_info": {
            "tid": order.id, "status": status_of(order), "status_str": words_of(order), "type": 0,
            "created": beijing_text(order.created_at), "update_time": beijing_text(order.changed_at),
            "pay_time": when(order.paid_at), "consign_time": when(order.shipped_at),
            "success_time": when(order.ended_at.filter(|_| order.stage == OrderStage::Done)),
            "refund_state": refund, "express_type": 0, "node_kdt_id": kdt, "root_kdt_id": kdt,
        },
        "pay_info": {
            "total_fee": major(order.goods_minor(), "CNY"), "post_fee": major(order.postage_minor, "CNY"),
            "payment": major(order.total_minor(), "CNY"), "deduction_pay": 0,
        },
        "buyer_info": {"yz_open_id": buyer.get(..10)},
        "address_info": {
            "receiver_name": sealed(&to.name), "receiver_tel": sealed(&to.phone), "delivery_province": to.province,
            "delivery_city": to.city, "delivery_district": to.district, "delivery_postal_code": to.postcode,
            "delivery_address": sealed(&to.street),
        },
        "orders": order.lines.iter().map(|line| line_of(order, line)).collect::<Vec<_>>(),
        "remark_info": {"buyer_message": order.note},
    }})
}

fn line_of(order: &StoreOrder, line: &StoreOrderLine) -> Value {
    let discount = order.discount_minor * line.minor() / order.goods_minor().max(1);
    let whole = json!({
        "oid": line.key.to_string(), "item_id": line.item, "title": line.title, "num": line.quantity,
        "price": major(line.price_minor, "CNY"), "total_fee": major(line.minor(), "CNY"),
        "payment": major(line.minor() - discount, "CNY"), "outer_item_id": format!("G{}", line.item),
    });
    if line.specs.is_empty() {
        return joined(whole, json!({"sku_id": 0, "outer_item_id": line.code}));
    }
    let property = |(name, value): &(String, String)| json!({"k": name, "v": value});
    let properties = Value::Array(line.specs.iter().map(property).collect()).to_string();
    joined(whole, json!({"sku_id": line.variant, "outer_sku_id": line.code, "sku_properties_name": properties}))
}

/// The platform's ciphertexts begin with `$` and end with `$1$`.
fn sealed(plain: &str) -> String {
    let hash = crypto::sha256_hex(&format!("youzan/{plain}"));
    format!("${}==$1$", hash.get(..24).unwrap_or_default())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sources {
    sources: Vec<String>,
}

/// `youzan.cloud.secret.decrypt.batch`: opens what belongs to orders of this store.
pub(super) fn decrypt(call: &Call<'_>) -> Reply {
    let asked: Sources = call.parameters()?;
    call.read(|store| {
        let mut opened = BTreeMap::new();
        for to in store.orders.values().map(|order| &order.receiver) {
            for plain in [&to.name, &to.phone, &to.street] {
                let cipher = sealed(plain);
                if asked.sources.contains(&cipher) {
                    opened.insert(cipher, plain.clone());
                }
            }
        }
        json!(opened)
    })
}
