//! From the gateway's rows to our words.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::error::ApiError;
use super::super::model::{
    AffiliateOrderLine, LineState, LineTimes, Listing, Mark, PromotionLink, RemoteGoods, SkippedRow, WeAppInfo,
};
use super::super::money::{self, Money};
use super::links::LONGEST_MARK;
use super::types::{GoodsRow, LinkRow, OrderRow};

/// Goods label: sold in the platform's own app alone, so a jump from WeChat leads nowhere.
const APP_ONLY: &str = "1";

/// One item; `search_id` is the answer's, used when the row has none of its own.
pub fn goods(row: &GoodsRow, search_id: Option<&str>, now: DateTime<Utc>) -> Result<RemoteGoods, SkippedRow> {
    let skip = |reason: &str| SkippedRow { external_id: row.goods_sign.owned(), reason: reason.to_owned() };
    let external_id = row.goods_sign.owned().ok_or_else(|| skip("no goods_sign"))?;
    let title = row.goods_name.owned().ok_or_else(|| skip("no goods_name"))?;
    let price_fen = row.min_group_price.integer().filter(|fen| *fen > 0);
    let price_fen = price_fen.ok_or_else(|| skip("no readable min_group_price"))?;
    let coupon_fen = usable_coupon(row, price_fen, now);
    let final_fen = price_fen - coupon_fen;
    let rate_bp = rate_bp(row.promotion_rate.integer());
    Ok(RemoteGoods {
        external_id,
        title,
        pictures: pictures(row),
        price: Money::fen(price_fen),
        coupon_fen,
        final_fen,
        coupon_until: row.coupon_end_time.unix_seconds().filter(|_| coupon_fen > 0),
        rate_bp,
        est_commission_fen: money::commission_down(final_fen, rate_bp),
        sales_text: row.sales_tip.owned(),
        shop_id: row.mall_id.id(),
        shop_name: row.mall_name.owned(),
        category_id: row.opt_id.id(),
        category_name: row.opt_name.owned(),
        listing: Listing::Affiliate,
        skus: Vec::new(),
        hidden: row.goods_labels.0.iter().any(|label| label.text() == Some(APP_ONLY)),
        extra: json!({
            "search_id": row.search_id.text().or(search_id),
            "zs_duo_id": row.zs_duo_id.id(),
        }),
    })
}

/// What the coupon takes off now, fen; 0 unless it is running, left over and reached by one piece.
fn usable_coupon(row: &GoodsRow, price_fen: i64, now: DateTime<Utc>) -> i64 {
    let discount = row.coupon_discount.integer().unwrap_or(0);
    let begun = row.coupon_start_time.unix_seconds().is_none_or(|start| start <= now);
    let ended = row.coupon_end_time.unix_seconds().is_some_and(|end| end < now);
    let left = row.coupon_remain_quantity.integer().is_none_or(|left| left > 0);
    let reached = row.coupon_min_order_amount.integer().unwrap_or(0) <= price_fen;
    let sensible = discount > 0 && discount < price_fen;
    if row.has_coupon.is_true() && begun && !ended && left && reached && sensible { discount } else { 0 }
}

fn pictures(row: &GoodsRow) -> Vec<String> {
    let mut pictures: Vec<String> = row.goods_image_url.owned().into_iter().collect();
    for picture in row.goods_gallery_urls.0.iter().filter_map(|url| url.owned()) {
        if !pictures.contains(&picture) {
            pictures.push(picture);
        }
    }
    pictures
}

/// Per mille to 1/100 %.
fn rate_bp(per_mille: Option<i64>) -> u32 {
    let per_mille = per_mille.and_then(|rate| u32::try_from(rate).ok()).unwrap_or(0);
    per_mille.min(1000) * 10
}

/// A link in the forms the gateway gives; without `we_app_info` the short link is the way out.
pub fn link(row: &LinkRow) -> PromotionLink {
    let we_app_info = row.we_app_info.as_ref().and_then(|app| {
        Some(WeAppInfo { app_id: app.app_id.owned()?, page_path: app.page_path.owned()? })
    });
    PromotionLink {
        we_app_info,
        short_url: row.short_url.owned(),
        url: row.url.owned().or_else(|| row.mobile_url.owned()),
        tpwd: None,
    }
}

/// One order line.
pub fn line(row: &OrderRow) -> Result<AffiliateOrderLine, SkippedRow> {
    let skip = |reason: &str| SkippedRow { external_id: row.order_sn.owned(), reason: reason.to_owned() };
    let line_key = row.order_sn.owned().ok_or_else(|| skip("no order_sn"))?;
    let mark = row.custom_parameters.text().and_then(read_mark);
    Ok(AffiliateOrderLine {
        order_no: Some(line_key.clone()),
        line_key,
        state: state(row.order_status.integer()),
        external_id: row.goods_sign.owned(),
        title: row.goods_name.owned(),
        quantity: row.goods_quantity.integer().unwrap_or(1),
        pay_fen: row.order_amount.integer().ok_or_else(|| skip("no readable order_amount"))?,
        commission_fen: row.promotion_amount.integer().ok_or_else(|| skip("no readable promotion_amount"))?,
        service_fee_fen: row.duo_id_service_fee.integer().unwrap_or(0),
        attributed_to: mark.as_ref().map(|mark| mark.uid.clone()),
        group: mark.and_then(|mark| mark.sid),
        position: row.p_id.owned().or_else(|| row.pid.owned()),
        claimed: false,
        times: LineTimes {
            created_at: row.order_create_time.unix_seconds(),
            paid_at: row.order_pay_time.unix_seconds(),
            received_at: row.order_receive_time.unix_seconds(),
            settled_at: row.order_settle_time.unix_seconds(),
            modified_at: row.order_modify_at.unix_seconds(),
        },
        extra: json!({
            "rate_bp": rate_bp(row.promotion_rate.integer()),
            "fail_reason": row.fail_reason.text(),
            "price_compare": row.price_compare_status.integer() == Some(1),
            "return_status": row.return_status.integer(),
        }),
    })
}

fn state(status: Option<i64>) -> LineState {
    match status {
        Some(0 | 1) => LineState::Paid,
        Some(2) => LineState::Received,
        Some(3) => LineState::Approved,
        Some(4) => LineState::Invalid,
        Some(5) => LineState::Settled,
        Some(10) => LineState::Punished,
        _ => LineState::Unknown,
    }
}

/// `custom_parameters` as we write it; the key order is the order signed and sent.
#[derive(Serialize, Deserialize)]
struct WireMark {
    uid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
}

/// The JSON text of a mark; refused beyond the platform's 64 bytes.
pub fn write_mark(mark: &Mark) -> Result<String, ApiError> {
    let wire = WireMark { uid: mark.uid.clone(), sid: mark.sid.clone() };
    let text = serde_json::to_string(&wire).map_err(|_| ApiError::bad_request("unwritable mark"))?;
    if text.len() > LONGEST_MARK {
        return Err(ApiError::bad_request("custom_parameters longer than 64 bytes"));
    }
    Ok(text)
}

/// The mark as echoed; anything but our own form attributes to nobody.
fn read_mark(text: &str) -> Option<WireMark> {
    serde_json::from_str(text).ok().filter(|mark: &WireMark| !mark.uid.is_empty())
}
