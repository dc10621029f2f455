//! Affiliate orders in Taobao's words.

use serde_json::{Value, json};

use super::materials::yuan;
use super::{Call, Refusal, Reply};
use crate::catalogue::orders::{AffiliateOrder, AffiliateStage, Marketplace};
use crate::clock::{beijing_text, parse_beijing};
use crate::crypto;
use crate::json::joined;

/// Parameters of the list.
pub(super) const DETAILS: &[&str] = &[
    "start_time",
    "end_time",
    "query_type",
    "page_no",
    "page_size",
    "position_index",
    "jump_type",
    "tk_status",
    "member_type",
    "order_scene",
];

/// A window is at most three hours.
const WINDOW_S: i64 = 3 * 3_600;

/// `taobao.tbk.order.details.get`.
pub(super) fn details(call: &Call<'_>) -> Reply {
    let moment = |name: &str| {
        let text = call.params.text(name).ok_or_else(|| Refusal::missing(name))?;
        parse_beijing(text).ok_or_else(|| Refusal::wrong(name))
    };
    let (start, end) = (moment("start_time")?, moment("end_time")?);
    if end < start || end - start > WINDOW_S {
        return Err(Refusal::remote("isv.time-span-error", "查询时间跨度不能超过3小时"));
    }
    let query_type = call.integer("query_type", 1, 1, 4)?;
    let page = call.integer("page_no", 1, 1, 10_000)?;
    let size = call.integer("page_size", 20, 1, 100)?;
    let scene = call.integer("order_scene", 1, 1, 3)?;
    let wanted_status = call.params.text("tk_status");
    let mut found = call.state.affiliate_orders();
    found.retain(|order| {
        let at = match query_type {
            3 => order.settled_at,
            4 => Some(order.modified_at),
            _ => Some(order.created_at),
        };
        let paid = query_type != 2 || order.stage != AffiliateStage::Unpaid;
        let status = wanted_status.is_none_or(|wanted| wanted == status_of(order).to_string());
        let channel = scene != 2 || !order.mark.is_empty();
        order.marketplace == Marketplace::Taobao
            && paid
            && status
            && channel
            && at.is_some_and(|at| (start..=end).contains(&at))
    });
    found.sort_by(|a, b| b.number.cmp(&a.number));
    let index = position(start, end, query_type, found.len());
    if page > 1
        && (call.params.text("position_index") != Some(index.as_str()) || call.params.text("jump_type").is_none())
    {
        return Err(Refusal::wrong("position_index"));
    }
    let size = usize::try_from(size).unwrap_or(0);
    let skipped = usize::try_from(page - 1).unwrap_or(0) * size;
    let shown: Vec<Value> = found.iter().skip(skipped).take(size).map(|order| dressed(call, order)).collect();
    let results = if shown.is_empty() { json!({}) } else { json!({"publisher_order_dto": shown}) };
    Ok(json!({"data": {"page_no": page, "page_size": size, "has_pre": page > 1,
        "has_next": found.len() > skipped + size, "position_index": if found.is_empty() { "" } else { &index },
        "results": results}}))
}

/// The cursor of one query: opaque, the same on each of its pages.
fn position(start: i64, end: i64, query_type: i64, count: usize) -> String {
    let hash = crypto::sha256_hex(&format!("{start}/{end}/{query_type}/{count}"));
    format!("{end}_{}|{start}_{}", hash.get(..4).unwrap_or_default(), hash.get(4..8).unwrap_or_default())
}

fn status_of(order: &AffiliateOrder) -> i64 {
    match order.stage {
        AffiliateStage::Unpaid => 11,
        AffiliateStage::Paid => 12,
        AffiliateStage::Received | AffiliateStage::Approved => 14,
        AffiliateStage::Settled => 3,
        AffiliateStage::Invalid | AffiliateStage::Punished => 13,
    }
}

fn dressed(call: &Call<'_>, order: &AffiliateOrder) -> Value {
    let listing = call.state.0.catalogue.iter().find(|listing| listing.number == order.listing);
    let app = &call.state.keys().taobao;
    let settled = order.stage == AffiliateStage::Settled;
    let paid = order.stage != AffiliateStage::Unpaid;
    let (rate, commission) = (yuan(order.rate * 10), yuan(order.commission_fen));
    let number = |text: &str| text.parse::<i64>().ok();
    let bought = json!({
        "trade_id": order.number, "trade_parent_id": number(&order.number).map(|id| (id - 1).to_string()),
        "tk_status": status_of(order), "item_id": listing.map(|it| it.item_id.as_str()),
        "item_title": listing.map(|it| it.title.as_str()), "item_num": 1, "item_price": yuan(order.paid_fen),
        "item_img": call.state.picture_url(order.listing), "item_category_name": listing.map(|it| it.category.name),
        "seller_nick": listing.map(|it| it.shop.1), "seller_shop_title": listing.map(|it| it.shop.1),
        "order_type": "天猫", "flow_source": "--", "terminal_type": "无线",
    });
    let earned = json!({
        "alipay_total_price": yuan(if paid { order.paid_fen } else { 0 }), "tk_total_rate": rate,
        "pub_share_rate": "100.00", "total_commission_rate": rate, "income_rate": rate,
        "total_commission_fee": commission, "pub_share_pre_fee": if paid { commission.clone() } else { yuan(0) },
        "pub_share_fee": if settled { commission } else { yuan(0) }, "alimama_rate": "10.00",
        "alimama_share_fee": yuan(if settled { order.commission_fen / 10 } else { 0 }), "subsidy_rate": "0.00",
        "subsidy_fee": "0.00", "subsidy_type": "--", "refund_tag": 0, "tk_order_role": 2,
        "click_time": beijing_text(order.created_at - 300), "tk_create_time": beijing_text(order.created_at),
        "modified_time": beijing_text(order.modified_at), "pub_id": 120_034_005, "site_id": number(&app.site_id),
        "site_name": "团团小程序", "adzone_id": number(&app.adzone_id), "adzone_name": "默认位",
        "deposit_price": "0.00", "app_key": app.app_key,
    });
    let mut view = joined(bought, earned);
    if let Value::Object(members) = &mut view {
        if paid {
            members.insert("tb_paid_time".to_owned(), json!(beijing_text(order.created_at)));
            members.insert("tk_paid_time".to_owned(), json!(beijing_text(order.created_at)));
        }
        if let Some(at) = order.settled_at {
            members.insert("tk_earning_time".to_owned(), json!(beijing_text(at)));
            members.insert("pay_price".to_owned(), json!(yuan(order.paid_fen)));
        }
        if let Some(relation) = number(&order.mark) {
            members.insert("relation_id".to_owned(), json!(relation));
        }
    }
    view
}
