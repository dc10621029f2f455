//! Affiliate order lines in JD's words.

use serde::Deserialize;
use serde_json::{Value, json};

use super::goods::item_of;
use super::{Call, Refusal, Reply, sku_of, yuan};
use crate::catalogue::Listing;
use crate::catalogue::orders::{AffiliateOrder, AffiliateStage, Marketplace};
use crate::clock::{beijing_digits, beijing_text, parse_beijing};
use crate::json::joined;

/// `orderReq`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wanted {
    page_index: u64,
    page_size: u64,
    r#type: i64,
    start_time: String,
    end_time: String,
    fields: Option<String>,
    order_id: Option<u64>,
}

const WRONG: i64 = 2_002_400;
/// A window is at most an hour.
const WINDOW_S: i64 = 3_600;
/// Days from receipt to the predicted settlement.
const SETTLES_AFTER_S: i64 = 20 * 86_400;

/// `jd.union.open.order.row.query`; no `data` when there is nothing.
pub(super) fn rows(call: &Call<'_>) -> Reply {
    let wanted: Wanted = call.read("orderReq", WRONG)?;
    let moment = |text: &str| parse_beijing(text).ok_or_else(|| Refusal::new(WRONG, "参数错误:时间格式"));
    let (start, end) = (moment(&wanted.start_time)?, moment(&wanted.end_time)?);
    if end < start || end - start > WINDOW_S {
        return Err(Refusal::new(2_002_453, "无效请求-查询时间范围超过规定限制"));
    }
    let known = |field: &str| ["goodsInfo", "categoryInfo"].contains(&field);
    let fields_fit = wanted.fields.as_deref().is_none_or(|fields| fields.split(',').all(known));
    if !(1..=3).contains(&wanted.r#type) || wanted.page_index == 0 || !(1..=500).contains(&wanted.page_size) {
        return Err(Refusal::new(WRONG, "参数错误:type、pageIndex或pageSize"));
    }
    if !fields_fit {
        return Err(Refusal::new(WRONG, "参数错误:fields"));
    }
    let mut found = call.state.affiliate_orders();
    found.retain(|order| {
        let at = match wanted.r#type {
            1 => Some(order.created_at),
            2 => finished_at(order),
            _ => Some(order.modified_at),
        };
        order.marketplace == Marketplace::Jd
            && wanted.order_id.is_none_or(|id| id.to_string() == order.number)
            && at.is_some_and(|at| (start..=end).contains(&at))
    });
    found.sort_by_key(|order| order.modified_at);
    let size = usize::try_from(wanted.page_size).unwrap_or(0);
    let skipped = usize::try_from(wanted.page_index - 1).unwrap_or(usize::MAX).saturating_mul(size);
    let shown: Vec<Value> = found.iter().skip(skipped).take(size).filter_map(|order| dressed(call, order)).collect();
    let answer = json!({"hasMore": found.len() > skipped.saturating_add(size)});
    Ok(if shown.is_empty() { answer } else { joined(answer, json!({ "data": shown })) })
}

/// `validCode`.
fn code_of(order: &AffiliateOrder) -> i64 {
    match order.stage {
        AffiliateStage::Unpaid => 15,
        AffiliateStage::Paid => 16,
        AffiliateStage::Received | AffiliateStage::Approved | AffiliateStage::Settled => 17,
        AffiliateStage::Invalid => 3,
        AffiliateStage::Punished => 27,
    }
}

fn finished_at(order: &AffiliateOrder) -> Option<i64> {
    (code_of(order) == 17).then_some(order.modified_at)
}

fn dressed(call: &Call<'_>, order: &AffiliateOrder) -> Option<Value> {
    let listing: &Listing = call.state.0.catalogue.iter().find(|listing| listing.number == order.listing)?;
    let number: u64 = order.number.parse().ok()?;
    let finished = finished_at(order);
    let actual = |fen: i64| yuan(if finished.is_some() { fen } else { 0 });
    // Settled is told by a predicted day that has gone by; it is not said otherwise.
    let settles = match (order.stage, finished) {
        (AffiliateStage::Settled, Some(at)) => beijing_digits(at - 2 * 86_400),
        (_, Some(at)) => beijing_digits(at + SETTLES_AFTER_S),
        (_, None) => "0".to_owned(),
    };
    let pay_month: String = settles.chars().take(8).collect();
    let app = &call.state.keys().jd;
    let bought = json!({
        "id": format!("{number}_{}", sku_of(listing)), "orderId": number, "parentId": 0, "skuId": sku_of(listing),
        "itemId": item_of(listing), "skuName": listing.title, "skuNum": 1, "skuReturnNum": 0, "skuFrozenNum": 0,
        "price": yuan(listing.price_fen), "commissionRate": yuan(order.rate * 10), "subSideRate": yuan(9_000),
        "subsidyRate": yuan(1_000), "finalRate": yuan(10_000), "estimateCosPrice": yuan(order.paid_fen),
        "estimateFee": yuan(order.commission_fen), "actualCosPrice": actual(order.paid_fen),
        "actualFee": actual(order.commission_fen), "validCode": code_of(order), "traceType": 2, "orderEmt": 2,
        "plus": 0, "unionId": app.union_id.parse::<u64>().ok()?, "siteId": app.site_id.parse::<u64>().ok()?,
        "positionId": 0, "pid": "", "subUnionId": order.mark, "ext1": "",
    });
    let more = json!({
        "cid1": listing.category.id, "cid2": 0, "cid3": 0, "popId": listing.shop.0,
        "orderTime": beijing_text(order.created_at), "finishTime": finished.map(beijing_text).unwrap_or_default(),
        "modifyTime": beijing_text(order.modified_at), "payMonth": pay_month, "unionRole": 1,
        "unionTag": "0".repeat(32), "unionAlias": "", "cpActId": 0, "balanceExt": "", "giftCouponKey": "",
        "giftCouponOcsAmount": yuan(0), "proPriceAmount": yuan(0), "rid": 0, "channelId": 0, "expressStatus": 10,
        "skuTag": "0".repeat(64),
    });
    Some(joined(bought, more))
}
