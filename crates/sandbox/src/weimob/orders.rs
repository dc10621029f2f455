//! Orders; amounts and quantities are texts here, receivers are masked.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, NODE, Refusal, Reply};
use crate::json::joined;
use crate::stores::{OrderStage, RefundStage, StoreOrder, StoreOrderLine, major, masked, masked_phone, page};

/// Rows of a page, at most.
const LARGEST_PAGE: usize = 50;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Search {
    page_num: usize,
    page_size: usize,
    query_parameter: Asked,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Asked {
    query_time: QueryTime,
}

/// Which time: 1 placed, 2 changed. The numbers are unconfirmed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct QueryTime {
    #[serde(rename = "type")]
    kind: i64,
    start_time: i64,
    end_time: i64,
}

/// `order/list/search`.
pub(super) fn search(call: &Call<'_>) -> Reply {
    let asked: Search = call.parameters()?;
    if asked.page_num == 0 || asked.page_size == 0 || asked.page_size > LARGEST_PAGE {
        return Err(Refusal::new("9002", "分页参数错误"));
    }
    let time = &asked.query_parameter.query_time;
    if !matches!(time.kind, 1 | 2) || time.end_time < time.start_time {
        return Err(Refusal::new("9002", "查询时间错误"));
    }
    let at = |order: &StoreOrder| if time.kind == 1 { order.created_at } else { order.changed_at };
    call.read(|store| {
        let wanted = |order: &&StoreOrder| (time.start_time..=time.end_time).contains(&(at(order) * 1_000));
        let mut orders: Vec<&StoreOrder> = store.orders.values().filter(wanted).collect();
        orders.sort_by_key(|order| std::cmp::Reverse((at(order), order.seq)));
        let (rows, total) = page(orders, asked.page_num, asked.page_size);
        let vid: Option<u64> = store.setting(NODE).parse().ok();
        let rows: Vec<Value> = rows.into_iter().map(|order| dressed(call, vid, order)).collect();
        json!({"pageNum": asked.page_num, "pageSize": asked.page_size, "totalCount": total, "pageList": rows})
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Get {
    order_no: u64,
}

/// `order/detail/get`.
pub(super) fn get(call: &Call<'_>) -> Reply {
    let asked: Get = call.parameters()?;
    let found = call.read(|store| {
        let vid: Option<u64> = store.setting(NODE).parse().ok();
        store.orders.get(&asked.order_no.to_string()).map(|order| dressed(call, vid, order))
    })?;
    found.ok_or_else(|| Refusal::new("9012", "订单不存在"))
}

/// The platform's numbers are unconfirmed; these are the sandbox's: 0 unpaid, 1 paid, 2 sent, 3 done,
/// 4 cancelled, 5 in after-sales, 6 held.
fn status_of(order: &StoreOrder) -> (i64, &'static str) {
    match order.stage {
        OrderStage::Unpaid => (0, "待付款"),
        OrderStage::Paid | OrderStage::PartShipped if order.held => (6, "已锁定"),
        OrderStage::Paid | OrderStage::PartShipped if order.refund == RefundStage::Asked => (5, "售后中"),
        OrderStage::Paid | OrderStage::PartShipped => (1, "待发货"),
        OrderStage::Shipped => (2, "已发货"),
        OrderStage::Done => (3, "已完成"),
        OrderStage::Cancelled => (4, "已取消"),
    }
}

fn dressed(call: &Call<'_>, vid: Option<u64>, order: &StoreOrder) -> Value {
    let (status, name) = status_of(order);
    let yuan = |fen: i64| major(fen, "CNY");
    let mut base = json!({
        "orderNo": order.id.parse::<u64>().ok(), "orderStatus": status, "orderStatusName": name,
        "createTime": order.created_at * 1_000, "updateTime": order.changed_at * 1_000,
        "payStatus": i32::from(order.paid_at.is_some()), "buyerRemark": order.note,
    });
    if let Some(paid) = order.paid_at {
        base = joined(base, json!({"payTime": paid * 1_000}));
    }
    let to = &order.receiver;
    json!({"orderInfo": {
        "orderBaseInfo": base,
        "payInfo": {
            "payAmount": yuan(order.total_minor()), "shouldPayAmount": yuan(order.total_minor()),
            "totalAmount": yuan(order.goods_minor() + order.postage_minor),
            "totalDiscountAmount": yuan(order.discount_minor),
        },
        "items": order.lines.iter().map(line_of).collect::<Vec<_>>(),
        "orderFulfill": {"receiverInfo": {
            "name": masked(&to.name), "phone": masked_phone(&to.phone), "province": to.province, "city": to.city,
            "county": to.district, "address": masked(&to.street),
        }},
        "merchantInfo": {"vid": vid, "bosId": call.store.seller.parse::<u64>().ok()},
    }})
}

fn line_of(line: &StoreOrderLine) -> Value {
    json!({
        "itemId": line.key, "goodsId": line.item, "skuId": line.variant, "goodsTitle": line.title,
        "skuName": line.spec_values(), "skuNum": line.quantity.to_string(), "skuCode": line.code,
        "salePrice": major(line.price_minor, "CNY"),
    })
}
