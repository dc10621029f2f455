//! From the Union's rows to our words.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::ListingKind;
use kernel::clock::beijing_day;
use kernel::money::{BasisPoints, Fen};
use serde_json::json;
use url::form_urlencoded::byte_serialize;

use super::super::loose::Loose;
use super::super::model::{
    AffiliateOrderLine, LineState, LineTimes, PromotionLink, RemoteGoods, SkippedRow, WeAppInfo,
};
use super::super::money::{Money, MoneyError};
use super::Jump;
use super::types::{CommissionInfo, GoodsRow, LinkRow, OrderRow, PriceInfo};

/// `forbidTypes`: not sold in JD's WeChat mini-program, to which we jump.
const NOT_IN_WECHAT: i64 = 10;
/// JD's mini-program, unless the settings name another.
pub const APP_ID: &str = "wx91d27dbf599dff74";
/// Its page that opens a promotion link, unless the settings name another.
pub const PROXY_PAGE: &str = "pages/union/proxy/proxy?spreadUrl=";

/// One item.
pub fn goods(row: &GoodsRow) -> Result<RemoteGoods, SkippedRow> {
    let id = row.sku_id.id().or_else(|| row.item_id.owned());
    let skip = |reason: &str| SkippedRow { external_id: id.clone(), reason: reason.to_owned() };
    let external_id = id.clone().ok_or_else(|| skip("no skuId"))?;
    let prices = row.price_info.as_ref().ok_or_else(|| skip("no priceInfo"))?;
    let (price, final_price) = both_prices(prices).map_err(|error| skip(&error.to_string()))?;
    let nothing = CommissionInfo::default();
    let commission = row.commission_info.as_ref().unwrap_or(&nothing);
    let (rate, est_commission) = earning(commission, final_price).map_err(|error| skip(&error.to_string()))?;
    let coupon = price.minus(final_price).map_err(|error| skip(&error.to_string()))?;
    let coupons = row.coupon_info.as_ref().map(|info| info.coupon_list.0.as_slice()).unwrap_or_default();
    let best = coupons.iter().find(|coupon| coupon.is_best.is_true()).or(coupons.first());
    let category = row.category_info.as_ref();
    let shop = row.shop_info.as_ref();
    Ok(RemoteGoods {
        external_id,
        title: row.sku_name.owned().ok_or_else(|| skip("no skuName"))?,
        pictures: row
            .image_info
            .iter()
            .flat_map(|info| info.image_list.0.iter())
            .filter_map(|i| i.url.owned())
            .collect(),
        price: Money::cny(price),
        coupon,
        final_price,
        coupon_until: best.and_then(|coupon| coupon.use_end_time.unix_millis()).filter(|_| coupon.is_positive()),
        rate,
        est_commission,
        sales_text: row.orders_of_30_days.owned(),
        shop_id: shop.and_then(|shop| shop.shop_id.id()),
        shop_name: shop.and_then(|shop| shop.shop_name.owned()),
        category_id: category.and_then(|category| category.cid1.id()),
        category_name: category.and_then(|category| category.cid1_name.owned()),
        listing: ListingKind::Affiliate,
        skus: Vec::new(),
        hidden: row.forbid_types.0.iter().any(|kind| kind.integer() == Some(NOT_IN_WECHAT)),
        extra: json!({
            "material_url": row.material_url.text().map(with_scheme),
            // Goes back unchanged.
            "coupon_url": best.and_then(|coupon| coupon.link.text()),
        }),
    })
}

/// Price before and after coupons; the second is never above the first.
fn both_prices(prices: &PriceInfo) -> Result<(Fen, Fen), MoneyError> {
    let price = prices.price.fen_from_yuan()?.ok_or(MoneyError::NotANumber)?;
    let lowest = match prices.lowest_coupon_price.fen_from_yuan()? {
        Some(lowest) => lowest,
        None => prices.lowest_price.fen_from_yuan()?.unwrap_or(price),
    };
    if !price.is_positive() || !lowest.is_positive() {
        return Err(MoneyError::OutOfRange);
    }
    Ok((price, lowest.min(price)))
}

/// Rate and expected commission; the platform's own figure where it gives one.
fn earning(commission: &CommissionInfo, final_price: Fen) -> Result<(BasisPoints, Fen), MoneyError> {
    let rate = commission.commission_share.bp_from_percent()?.unwrap_or(BasisPoints::ZERO);
    let computed = final_price.rate_down(rate).map_err(|_| MoneyError::OutOfRange)?;
    Ok((rate, commission.coupon_commission.fen_from_yuan()?.unwrap_or(computed)))
}

/// An address with its scheme; the Union leaves it off.
fn with_scheme(address: &str) -> String {
    if address.contains("://") { address.to_owned() } else { format!("https://{}", address.trim_start_matches('/')) }
}

/// A link; the short one where there is one, also for the jump.
pub fn link(row: &LinkRow, jump: &Jump) -> Option<PromotionLink> {
    let url = row.short_url.owned().or_else(|| row.click_url.owned())?;
    let encoded: String = byte_serialize(url.as_bytes()).collect();
    Some(PromotionLink {
        we_app_info: Some(WeAppInfo { app_id: jump.app_id.clone(), page_path: format!("{}{encoded}", jump.page) }),
        short_url: row.short_url.owned(),
        url: Some(url),
        tpwd: row.j_command.owned(),
    })
}

/// One order line.
pub fn line(row: &OrderRow, now: DateTime<Utc>) -> Result<AffiliateOrderLine, SkippedRow> {
    let skip = |reason: String| SkippedRow { external_id: row.id.owned(), reason };
    let fen = |field: &Loose, name: &str| {
        let read = field.fen_from_yuan().map_err(|error| skip(format!("{name}: {error}")))?;
        Ok::<Fen, SkippedRow>(read.unwrap_or(Fen::ZERO))
    };
    let line_key = row.id.owned().ok_or_else(|| skip("no id".to_owned()))?;
    let settles = settlement_day(&row.pay_month);
    let state = state(row.valid_code.integer(), settles.is_some_and(|day| day < beijing_day(now)));
    let completed = matches!(state, LineState::Received | LineState::Settled);
    let (estimated, actual) =
        (fen(&row.estimate_cos_price, "estimateCosPrice")?, fen(&row.actual_cos_price, "actualCosPrice")?);
    let commission = match completed {
        true => fen(&row.actual_fee, "actualFee")?,
        false => fen(&row.estimate_fee, "estimateFee")?,
    };
    Ok(AffiliateOrderLine {
        order_no: row.order_id.id(),
        line_key,
        state,
        external_id: row.sku_id.id().or_else(|| row.item_id.owned()),
        title: row.sku_name.owned(),
        quantity: row.sku_num.integer().unwrap_or(1),
        pay: if completed && actual.is_positive() { actual } else { estimated },
        commission,
        service_fee: Fen::ZERO,
        attributed_to: row.sub_union_id.owned().or_else(|| row.channel_id.id()),
        group: None,
        position: row.position_id.id(),
        claimed: false,
        times: LineTimes {
            created_at: row.order_time.beijing_time(),
            paid_at: None,
            received_at: row.finish_time.beijing_time(),
            settled_at: None,
            modified_at: row.modify_time.beijing_time(),
        },
        extra: json!({
            "rate_bp": row.commission_rate.bp_from_percent().ok().flatten(),
            "valid_code": row.valid_code.integer(),
            "returned": row.sku_return_num.integer(),
            "settles_on": settles.map(|day| day.to_string()),
        }),
    })
}

fn settlement_day(pay_month: &Loose) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(pay_month.text()?, "%Y%m%d").ok()
}

fn state(valid_code: Option<i64>, settled: bool) -> LineState {
    match valid_code {
        Some(15) => LineState::Unpaid,
        Some(24) => LineState::Deposit,
        Some(16) => LineState::Paid,
        Some(17) if settled => LineState::Settled,
        Some(17) => LineState::Received,
        Some(2..=9 | 11 | 14 | 19..=23 | 29 | 30) => LineState::Invalid,
        Some(13 | 25..=28) => LineState::Punished,
        _ => LineState::Unknown,
    }
}
