//! Affiliate orders in Pinduoduo's words.

use serde_json::{Value, json};

use super::{Call, Refusal, Reply};
use crate::catalogue::orders::{AffiliateOrder, AffiliateStage, Marketplace};
use crate::clock::parse_beijing;
use crate::json::joined;

/// Parameters of the incremental list.
pub(super) const INCREMENT: &[&str] = &[
    "start_update_time",
    "end_update_time",
    "page",
    "page_size",
    "return_count",
    "query_order_type",
    "cash_gift_order",
];

/// Parameters of the list by payment time.
pub(super) const RANGE: &[&str] =
    &["start_time", "end_time", "last_order_id", "page_size", "query_order_type", "cash_gift_order"];

/// A window is at most a day, and at most ninety days back.
const DAY_S: i64 = 86_400;

/// `pdd.ddk.order.list.increment.get`.
pub(super) fn increment(call: &Call<'_>) -> Reply {
    let params = call.params;
    let needed = |name: &str| params.integer(name)?.ok_or_else(|| Refusal(21_002, format!("业务参数缺失:{name}")));
    let (start, end) = (needed("start_update_time")?, needed("end_update_time")?);
    if end < start || end.saturating_sub(start) > DAY_S {
        return Err(Refusal(21_001, "业务参数错误:时间跨度不能超过24小时".to_owned()));
    }
    if call.now.saturating_sub(start) > 90 * DAY_S + 600 {
        return Err(Refusal(21_001, "业务参数错误:仅支持查询90天内订单".to_owned()));
    }
    let page = params.integer("page")?.unwrap_or(1);
    let size = params.integer("page_size")?.unwrap_or(100);
    if !(1..=10_000).contains(&page) || !(10..=100).contains(&size) {
        return Err(Refusal(21_001, "业务参数错误:page或page_size".to_owned()));
    }
    let mut found = ours(call);
    found.retain(|order| (start..=end).contains(&order.modified_at));
    found.sort_by(|a, b| (a.modified_at, &a.number).cmp(&(b.modified_at, &b.number)));
    let total = found.len();
    let skipped = usize::try_from((page - 1) * size).unwrap_or(usize::MAX);
    let taken = usize::try_from(size).unwrap_or(0);
    let shown: Vec<Value> = found.iter().skip(skipped).take(taken).map(|order| dressed(call, order)).collect();
    if params.flag("return_count")? == Some(false) {
        return Ok(json!({"order_list": shown}));
    }
    Ok(json!({"order_list": shown, "total_count": total}))
}

/// `pdd.ddk.order.list.range.get`, by payment time.
pub(super) fn range(call: &Call<'_>) -> Reply {
    let params = call.params;
    let moment =
        |name: &str| parse_beijing(params.needed(name)?).ok_or_else(|| Refusal(21_001, format!("业务参数错误:{name}")));
    let (start, end) = (moment("start_time")?, moment("end_time")?);
    if end < start || end.saturating_sub(start) > DAY_S {
        return Err(Refusal(21_001, "业务参数错误:时间跨度不能超过24小时".to_owned()));
    }
    let size = usize::try_from(params.integer("page_size")?.unwrap_or(300)).unwrap_or(0);
    let mut found = ours(call);
    found.retain(|order| (start..=end).contains(&order.created_at));
    found.sort_by(|a, b| a.number.cmp(&b.number));
    let after = params.text("last_order_id").unwrap_or("");
    let shown: Vec<&AffiliateOrder> = found.iter().filter(|order| order.number.as_str() > after).take(size).collect();
    let last = shown.last().map_or(after, |order| order.number.as_str());
    let list: Vec<Value> = shown.iter().map(|order| dressed(call, order)).collect();
    Ok(json!({"order_list": list, "last_order_id": last}))
}

/// `pdd.ddk.order.detail.get`.
pub(super) fn detail(call: &Call<'_>) -> Reply {
    let number = call.params.needed("order_sn")?;
    let found = ours(call).into_iter().find(|order| order.number == number);
    let order = found.ok_or_else(|| Refusal(50_001, "订单不存在".to_owned()))?;
    let mut view = dressed(call, &order);
    if let Value::Object(members) = &mut view {
        // Here, and only here, the position is called `pid`.
        if let Some(pid) = members.remove("p_id") {
            members.insert("pid".to_owned(), pid);
        }
        members.insert("return_status".to_owned(), json!(0));
    }
    Ok(view)
}

fn ours(call: &Call<'_>) -> Vec<AffiliateOrder> {
    let mut orders = call.state.affiliate_orders();
    // What is ordered and not paid does not exist for Pinduoduo's affiliates.
    orders.retain(|order| order.marketplace == Marketplace::Pinduoduo && order.stage != AffiliateStage::Unpaid);
    orders
}

fn dressed(call: &Call<'_>, order: &AffiliateOrder) -> Value {
    let listing = call.state.0.catalogue.iter().find(|listing| listing.number == order.listing);
    let (status, words) = match order.stage {
        AffiliateStage::Unpaid | AffiliateStage::Paid => (1, "已成团"),
        AffiliateStage::Received => (2, "确认收货"),
        AffiliateStage::Approved => (3, "审核成功"),
        AffiliateStage::Invalid => (4, "审核失败"),
        AffiliateStage::Settled => (5, "已经结算"),
        AffiliateStage::Punished => (10, "已处罚"),
    };
    let reached = |stages: &[AffiliateStage]| stages.contains(&order.stage).then_some(order.modified_at);
    use AffiliateStage::{Approved, Received, Settled};
    let reason = match order.stage {
        AffiliateStage::Invalid => "订单发生售后",
        AffiliateStage::Punished => "站内导流",
        _ => "",
    };
    let earned = json!({
        "order_sn": order.number, "order_id": crate::crypto::sha256_hex(&order.number).get(..20),
        "goods_id": 600_000_000_000_u64 + order.listing, "goods_sign": listing.map(|it| it.goods_sign.as_str()),
        "goods_name": listing.map(|it| it.title.as_str()), "goods_price": order.paid_fen, "goods_quantity": 1,
        "goods_thumbnail_url": format!("http:{}", call.state.picture_url(order.listing)),
        "order_amount": order.paid_fen, "promotion_rate": order.rate, "promotion_amount": order.commission_fen,
        "order_status": status, "order_status_desc": words, "order_create_time": order.created_at,
        "order_pay_time": order.created_at, "order_group_success_time": order.created_at,
        "order_modify_at": order.modified_at, "order_receive_time": reached(&[Received, Approved, Settled]),
        "order_verify_time": reached(&[Approved, Settled]), "order_settle_time": order.settled_at,
        "p_id": call.state.keys().pinduoduo.pid, "custom_parameters": order.mark,
    });
    let around = json!({
        "mall_id": listing.map(|it| it.shop.0), "mall_name": listing.map(|it| it.shop.1), "cpa_new": 0,
        "is_direct": 1, "type": 0, "price_compare_status": 0, "batch_no": "", "fail_reason": reason,
        "group_id": 1_700_000_000_000_000_u64 + order.listing, "auth_duo_id": 0, "zs_duo_id": 0,
        "platform_discount": 0, "subsidy_amount": 0, "subsidy_type": 0, "share_amount": 0, "share_rate": 0,
        "cat_ids": [listing.map_or(0, |it| it.category.id), 0, 0, 0],
        "goods_category_name": listing.map(|it| it.category.name), "activity_tags": [], "red_packet_type": 0,
    });
    joined(earned, around)
}
