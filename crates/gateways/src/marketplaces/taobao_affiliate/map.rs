//! From TOP's rows to our words.

use kernel::ListingKind;
use kernel::money::{BasisPoints, Fen};
use serde_json::json;

use super::super::loose::Loose;
use super::super::model::{AffiliateOrderLine, LineState, LineTimes, PromotionLink, RemoteGoods, SkippedRow};
use super::super::money::{Money, MoneyError};
use super::types::{BasicInfo, ItemRow, LinkInfo, OrderRow, PriceInfo, PublishInfo};

/// One item. A single search hit comes without id and links unless the account has a special
/// right; it is skipped.
pub fn goods(row: &ItemRow) -> Result<RemoteGoods, SkippedRow> {
    let skip = |reason: &str| SkippedRow { external_id: row.item_id.owned(), reason: reason.to_owned() };
    let external_id = row.item_id.owned().ok_or_else(|| skip("no item_id"))?;
    let basic = row.item_basic_info.as_ref().ok_or_else(|| skip("no item_basic_info"))?;
    let prices = row.price_promotion_info.as_ref().ok_or_else(|| skip("no price_promotion_info"))?;
    let (price, final_price) = both_prices(prices).map_err(|error| skip(&error.to_string()))?;
    let nothing = PublishInfo::default();
    let publish = row.publish_info.as_ref().unwrap_or(&nothing);
    let (rate, est_commission) = commission(publish, final_price).map_err(|error| skip(&error.to_string()))?;
    let coupon = price.minus(final_price).map_err(|error| skip(&error.to_string()))?;
    Ok(RemoteGoods {
        external_id,
        title: basic.title.owned().ok_or_else(|| skip("no title"))?,
        pictures: pictures(basic),
        price: Money::cny(price),
        coupon,
        final_price,
        coupon_until: first_end(prices).filter(|_| coupon.is_positive()),
        rate,
        est_commission,
        sales_text: basic.annual_vol.owned().or_else(|| basic.volume.owned()),
        shop_id: basic.seller_id.id(),
        shop_name: basic.shop_title.owned(),
        category_id: basic.category_id.id(),
        category_name: basic.category_name.owned(),
        listing: ListingKind::Affiliate,
        skus: Vec::new(),
        hidden: false,
        extra: json!({
            "coupon_share_url": absolute(&publish.coupon_share_url),
            "click_url": absolute(&publish.click_url),
        }),
    })
}

/// Price before and after public promotions; the second is never above the first.
fn both_prices(prices: &PriceInfo) -> Result<(Fen, Fen), MoneyError> {
    let price = match prices.zk_final_price.fen_from_yuan()? {
        Some(price) => price,
        None => prices.reserve_price.fen_from_yuan()?.ok_or(MoneyError::NotANumber)?,
    };
    let reduced = prices.final_promotion_price.fen_from_yuan()?.unwrap_or(price);
    if !price.is_positive() || reduced.is_negative() {
        return Err(MoneyError::OutOfRange);
    }
    Ok((price, reduced.min(price)))
}

/// Rate and expected commission; the platform's own figure where it gives one.
fn commission(publish: &PublishInfo, final_price: Fen) -> Result<(BasisPoints, Fen), MoneyError> {
    let income = publish.income_info.as_ref();
    let of_income = income.map(|income| income.commission_rate.bp_from_percent()).transpose()?.flatten();
    let rate = publish.income_rate.bp_from_percent()?.or(of_income).unwrap_or(BasisPoints::ZERO);
    let given = income.map(|income| income.commission_amount.fen_from_yuan()).transpose()?.flatten();
    let computed = final_price.rate_down(rate).map_err(|_| MoneyError::OutOfRange)?;
    Ok((rate, given.unwrap_or(computed)))
}

/// When the first of the promotions behind the price ends.
fn first_end(prices: &PriceInfo) -> Option<chrono::DateTime<chrono::Utc>> {
    let path = prices.final_promotion_path_list.as_ref()?;
    path.final_promotion_path_map_data.0.iter().filter_map(|each| each.promotion_end_time.unix_millis()).min()
}

fn pictures(basic: &BasicInfo) -> Vec<String> {
    let small = basic.small_images.iter().flat_map(|images| images.string.0.iter());
    let mut pictures: Vec<String> = Vec::new();
    for picture in std::iter::once(&basic.pict_url).chain(small).filter_map(absolute) {
        if !pictures.contains(&picture) {
            pictures.push(picture);
        }
    }
    pictures
}

/// An address with its scheme; TOP leaves it off (`//img…`).
fn absolute(address: &Loose) -> Option<String> {
    let text = address.text()?;
    Some(if text.starts_with("//") { format!("https:{text}") } else { text.to_owned() })
}

/// A converted link; the one with the coupon wins.
pub fn link(info: &LinkInfo) -> PromotionLink {
    let first = |with_coupon: &Loose, plain: &Loose| absolute(with_coupon).or_else(|| absolute(plain));
    PromotionLink {
        we_app_info: None,
        short_url: first(&info.coupon_short_url, &info.cps_short_url),
        url: first(&info.coupon_long_url, &info.cps_long_url),
        tpwd: info.coupon_full_tpwd.owned().or_else(|| info.cps_full_tpwd.owned()),
    }
}

/// One order line.
pub fn line(row: &OrderRow) -> Result<AffiliateOrderLine, SkippedRow> {
    let skip = |reason: String| SkippedRow { external_id: row.trade_id.owned(), reason };
    let fen = |field: &Loose, name: &str| {
        let read = field.fen_from_yuan().map_err(|error| skip(format!("{name}: {error}")))?;
        Ok::<Fen, SkippedRow>(read.unwrap_or(Fen::ZERO))
    };
    let line_key = row.trade_id.owned().ok_or_else(|| skip("no trade_id".to_owned()))?;
    let state = state(row.tk_status.integer());
    let commission = match state {
        LineState::Settled => fen(&row.pub_share_fee, "pub_share_fee")?,
        _ => fen(&row.pub_share_pre_fee, "pub_share_pre_fee")?,
    };
    let technical = fen(&row.alimama_share_fee, "alimama_share_fee")?;
    let special = fen(&row.platform_special_service_fee, "platform_special_service_fee")?;
    Ok(AffiliateOrderLine {
        order_no: row.trade_parent_id.owned(),
        state,
        external_id: row.item_id.owned(),
        title: row.item_title.owned(),
        quantity: row.item_num.integer().unwrap_or(1),
        pay: fen(&row.alipay_total_price, "alipay_total_price")?,
        commission,
        service_fee: technical.plus(special).map_err(|error| skip(error.to_string()))?,
        attributed_to: row.relation_id.id().or_else(|| row.special_id.id()),
        group: None,
        position: row.adzone_id.id(),
        claimed: row.refund_tag.integer() == Some(1),
        times: LineTimes {
            created_at: row.tk_create_time.beijing_time(),
            paid_at: row.tk_paid_time.beijing_time().or_else(|| row.tb_paid_time.beijing_time()),
            received_at: None,
            settled_at: row.tk_earning_time.beijing_time().filter(|_| state == LineState::Settled),
            modified_at: row.modified_time.beijing_time(),
        },
        extra: json!({
            "rate_bp": row.total_commission_rate.bp_from_percent().ok().flatten(),
            "deposit_fen": fen(&row.deposit_price, "deposit_price")?,
        }),
        line_key,
    })
}

fn state(status: Option<i64>) -> LineState {
    match status {
        Some(11) => LineState::Unpaid,
        Some(12) => LineState::Paid,
        Some(14) => LineState::Received,
        Some(3) => LineState::Settled,
        Some(13) => LineState::Invalid,
        _ => LineState::Unknown,
    }
}
