//! From the gateway's rows to our words.

use chrono::{DateTime, Utc};
use kernel::ListingKind;
use kernel::money::{BasisPoints, Fen};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::error::ApiError;
use super::super::model::{
    AffiliateOrderLine, LineState, LineTimes, Mark, PromotionLink, RemoteGoods, SkippedRow, WeAppInfo,
};
use super::super::money::Money;
use super::links::LONGEST_MARK;
use super::types::{GoodsRow, LinkRow, OrderRow};

/// Goods label: sold in the platform's own app alone, so a jump from WeChat leads nowhere.
const APP_ONLY: &str = "1";

/// One item; `search_id` is the answer's, used when the row has none of its own.
pub fn goods(row: &GoodsRow, search_id: Option<&str>, now: DateTime<Utc>) -> Result<RemoteGoods, SkippedRow> {
    let skip = |reason: &str| SkippedRow { external_id: row.goods_sign.owned(), reason: reason.to_owned() };
    let external_id = row.goods_sign.owned().ok_or_else(|| skip("no goods_sign"))?;
    let title = row.goods_name.owned().ok_or_else(|| skip("no goods_name"))?;
    let price = row.min_group_price.fen().filter(|price| price.is_positive());
    let price = price.ok_or_else(|| skip("no readable min_group_price"))?;
    let coupon = usable_coupon(row, price, now);
    let final_price = price.minus(coupon).map_err(|error| skip(&error.to_string()))?;
    let rate = rate(row.promotion_rate.integer());
    Ok(RemoteGoods {
        external_id,
        title,
        pictures: pictures(row),
        price: Money::cny(price),
        coupon,
        final_price,
        coupon_until: row.coupon_end_time.unix_seconds().filter(|_| coupon.is_positive()),
        rate,
        est_commission: final_price.rate_down(rate).map_err(|error| skip(&error.to_string()))?,
        sales_text: row.sales_tip.owned(),
        shop_id: row.mall_id.id(),
        shop_name: row.mall_name.owned(),
        category_id: row.opt_id.id(),
        category_name: row.opt_name.owned(),
        listing: ListingKind::Affiliate,
        skus: Vec::new(),
        hidden: row.goods_labels.0.iter().any(|label| label.text() == Some(APP_ONLY)),
        extra: json!({
            "search_id": row.search_id.text().or(search_id),
            "zs_duo_id": row.zs_duo_id.id(),
        }),
    })
}

/// What the coupon takes off now; zero unless it is running, left over and reached by one piece.
fn usable_coupon(row: &GoodsRow, price: Fen, now: DateTime<Utc>) -> Fen {
    let discount = row.coupon_discount.fen().unwrap_or(Fen::ZERO);
    let begun = row.coupon_start_time.unix_seconds().is_none_or(|start| start <= now);
    let ended = row.coupon_end_time.unix_seconds().is_some_and(|end| end < now);
    let left = row.coupon_remain_quantity.integer().is_none_or(|left| left > 0);
    let reached = row.coupon_min_order_amount.fen().unwrap_or(Fen::ZERO) <= price;
    let sensible = discount.is_positive() && discount < price;
    if row.has_coupon.is_true() && begun && !ended && left && reached && sensible { discount } else { Fen::ZERO }
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

/// Per mille to basis points; what is no rate counts as none.
fn rate(per_mille: Option<i64>) -> BasisPoints {
    let per_mille = per_mille.and_then(|rate| i32::try_from(rate).ok());
    BasisPoints::new(per_mille.unwrap_or(0).clamp(0, 1000) * 10)
}

/// A link in the forms the gateway gives; without `we_app_info` the short link is the way out.
pub fn link(row: &LinkRow) -> Result<PromotionLink, SkippedRow> {
    let we_app_info = row
        .we_app_info
        .as_ref()
        .and_then(|app| Some(WeAppInfo { app_id: app.app_id.owned()?, page_path: app.page_path.owned()? }));
    let link = PromotionLink {
        we_app_info,
        short_url: row.short_url.owned(),
        url: row.url.owned().or_else(|| row.mobile_url.owned()),
        tpwd: None,
    };
    if link == PromotionLink::default() {
        return Err(SkippedRow { external_id: None, reason: "a link without an address".to_owned() });
    }
    Ok(link)
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
        pay: row.order_amount.fen().ok_or_else(|| skip("no readable order_amount"))?,
        commission: row.promotion_amount.fen().ok_or_else(|| skip("no readable promotion_amount"))?,
        service_fee: row.duo_id_service_fee.fen().unwrap_or(Fen::ZERO),
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
            "rate_bp": rate(row.promotion_rate.integer()),
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
