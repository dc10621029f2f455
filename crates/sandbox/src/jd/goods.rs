//! Goods by words, by number, and the Union's own picks (京粉精选).

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Refusal, Reply, sku_of, yuan};
use crate::catalogue::Listing;
use crate::crypto;

/// `goodsReqDTO`, as far as it is played; members that are not played are refused.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Query {
    keyword: Option<String>,
    sku_ids: Option<Vec<u64>>,
    item_ids: Option<Vec<String>>,
    cid1: Option<i64>,
    page_index: Option<u64>,
    page_size: Option<u64>,
    is_coupon: Option<i64>,
    sort_name: Option<String>,
    sort: Option<String>,
}

/// `goodsReq` of the Union's picks.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Picks {
    elite_id: i64,
    page_index: Option<u64>,
    page_size: Option<u64>,
}

const WRONG: i64 = 401;
/// Ids asked for at once.
const IDS_MOST: usize = 20;

/// `jd.union.open.goods.query`.
pub(super) fn query(call: &Call<'_>) -> Reply {
    let wanted: Query = call.read("goodsReqDTO", WRONG)?;
    let by_id = wanted.sku_ids.is_some() || wanted.item_ids.is_some();
    let filtered = wanted.keyword.is_some() || wanted.cid1.is_some() || wanted.is_coupon.is_some();
    if by_id == filtered {
        return Err(Refusal::new(WRONG, "参数错误:skuIds与其他条件不可混用"));
    }
    let (skus, items) = (wanted.sku_ids.unwrap_or_default(), wanted.item_ids.unwrap_or_default());
    if by_id && !(1..=IDS_MOST).contains(&(skus.len() + items.len())) {
        return Err(Refusal::new(WRONG, "参数错误:skuIds"));
    }
    let named = |listing: &Listing| skus.contains(&sku_of(listing)) || items.contains(&item_of(listing));
    let fits = |listing: &Listing| {
        listing.matches(wanted.keyword.as_deref().unwrap_or(""))
            && wanted.cid1.is_none_or(|id| id == listing.category.id)
            && (wanted.is_coupon != Some(1) || listing.coupon.is_some())
    };
    let matches = |listing: &&Listing| !listing.gone && if by_id { named(listing) } else { fits(listing) };
    let mut found: Vec<&Listing> = call.state.0.catalogue.iter().filter(matches).collect();
    sort(&mut found, wanted.sort_name.as_deref(), wanted.sort.as_deref(), call.now)?;
    page(call, &found, wanted.page_index, wanted.page_size, 30)
}

/// `jd.union.open.goods.jingfen.query`.
pub(super) fn jingfen(call: &Call<'_>) -> Reply {
    let wanted: Picks = call.read("goodsReq", WRONG)?;
    if wanted.elite_id < 1 {
        return Err(Refusal::new(WRONG, "参数错误:eliteId"));
    }
    let mut found: Vec<&Listing> = call.state.0.catalogue.iter().filter(|listing| !listing.gone).collect();
    sort(&mut found, Some("inOrderCount30Days"), Some("desc"), call.now)?;
    page(call, &found, wanted.page_index, wanted.page_size, 50)
}

fn sort(found: &mut [&Listing], name: Option<&str>, order: Option<&str>, now: i64) -> Result<(), Refusal> {
    let Some(name) = name else { return Ok(()) };
    if !["price", "commissionShare", "commission", "inOrderCount30Days"].contains(&name) {
        return Err(Refusal::new(WRONG, "参数错误:sortName"));
    }
    found.sort_by_key(|listing| match name {
        "price" => listing.final_fen(now),
        "commissionShare" => listing.rate,
        "commission" => listing.final_fen(now) * listing.rate / 1_000,
        _ => listing.sales,
    });
    match order {
        Some("asc") => {}
        Some("desc") | None => found.reverse(),
        Some(_) => return Err(Refusal::new(WRONG, "参数错误:sort")),
    }
    Ok(())
}

fn page(call: &Call<'_>, found: &[&Listing], index: Option<u64>, size: Option<u64>, most: u64) -> Reply {
    let (index, size) = (index.unwrap_or(1), size.unwrap_or(20));
    if index == 0 || !(1..=most).contains(&size) {
        return Err(Refusal::new(WRONG, "参数错误:pageIndex或pageSize"));
    }
    if found.is_empty() {
        return Err(Refusal::new(201, "未查询到满足条件的商品"));
    }
    let skipped = usize::try_from((index - 1).saturating_mul(size)).unwrap_or(usize::MAX);
    if skipped >= found.len() {
        return Err(Refusal::new(202, "已达到分页上限"));
    }
    let shown = found.iter().skip(skipped).take(usize::try_from(size).unwrap_or(0));
    let rows: Vec<Value> = shown.map(|listing| dressed(call, listing)).collect();
    Ok(json!({"data": rows, "totalCount": found.len()}))
}

/// The id that newer media may be given alone.
pub(super) fn item_of(listing: &Listing) -> String {
    let hash = crypto::sha256_hex(&format!("jd/{}", listing.number));
    format!("{}_{}", hash.get(..16).unwrap_or_default(), hash.get(16..29).unwrap_or_default())
}

/// The page that a link is made for, without its scheme as the Union writes it.
fn page_of(listing: &Listing) -> String {
    format!("jingfen.jd.example/detail/{}.html", sku_of(listing))
}

/// The link of a listing's coupon; goes back unchanged when a promotion link is made.
pub(super) fn coupon_link(listing: &Listing) -> Option<String> {
    listing.coupon.as_ref()?;
    let hash = crypto::sha256_hex(&format!("jd/coupon/{}", listing.number));
    Some(format!("http://coupon.m.jd.example/coupons/show.action?key={}", hash.get(..32).unwrap_or_default()))
}

/// A listing in JD's words: yuan and percent as numbers, times in milliseconds.
fn dressed(call: &Call<'_>, listing: &Listing) -> Value {
    let (price, final_fen) = (listing.price_fen, listing.final_fen(call.now));
    let (rate, earned) = (yuan(listing.rate * 10), |fen: i64| yuan(fen * listing.rate / 1_000));
    let (begins, ends) = (1_767_196_800_000_i64, 2_082_729_600_000_i64);
    let coupons: Vec<Value> = listing
        .coupon
        .iter()
        .map(|coupon| {
            json!({"bindType": 3, "discount": yuan(coupon.discount), "quota": yuan(coupon.least_order),
            "link": coupon_link(listing), "platformType": 0, "isBest": 1, "getStartTime": coupon.starts * 1_000,
            "getEndTime": coupon.ends * 1_000, "useStartTime": coupon.starts * 1_000,
            "useEndTime": coupon.ends * 1_000, "isInputCoupon": 0})
        })
        .collect();
    // One in forty is sold in JD's own app alone.
    let forbidden = if listing.number.is_multiple_of(40) { 10 } else { 0 };
    json!({
        "skuId": sku_of(listing), "itemId": item_of(listing), "skuName": listing.title, "spuid": sku_of(listing) - 1,
        "materialUrl": page_of(listing), "owner": if listing.number.is_multiple_of(2) { "p" } else { "g" },
        "brandCode": "7998", "brandName": "品牌", "comments": listing.sales, "goodCommentsShare": yuan(9_800),
        "inOrderCount30Days": listing.sales, "inOrderComm30Days": yuan(1_234), "isHot": 0, "isJdSale": 1,
        "deliveryType": 1, "forbidTypes": [forbidden], "jxFlags": [], "eliteType": [],
        "categoryInfo": {"cid1": listing.category.id, "cid1Name": listing.category.name, "cid2": 0, "cid2Name": "",
            "cid3": 0, "cid3Name": ""},
        "commissionInfo": {"commission": earned(price), "commissionShare": rate, "couponCommission": earned(final_fen),
            "plusCommissionShare": rate, "isLock": 0, "startTime": begins, "endTime": ends},
        "priceInfo": {"price": yuan(price), "lowestPrice": yuan(price), "lowestPriceType": 1,
            "lowestCouponPrice": yuan(final_fen)},
        "imageInfo": {"imageList": [{"url": format!("http:{}", call.state.picture_url(listing.number))}],
            "whiteImage": ""},
        "couponInfo": {"couponList": coupons},
        "shopInfo": {"shopId": listing.shop.0, "shopName": listing.shop.1, "shopLevel": 4.9},
        "videoInfo": {}, "documentInfo": {"document": "", "discount": ""},
    })
}
