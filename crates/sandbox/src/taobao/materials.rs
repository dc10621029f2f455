//! Material search and item information.

use serde_json::{Value, json};

use super::{Call, Refusal, Reply};
use crate::catalogue::Listing;
use crate::crypto;

/// Parameters of a search.
pub(super) const SEARCH: &[&str] = &[
    "adzone_id",
    "site_id",
    "q",
    "cat",
    "page_no",
    "page_size",
    "sort",
    "has_coupon",
    "start_price",
    "end_price",
    "start_tk_rate",
    "end_tk_rate",
    "is_tmall",
    "is_overseas",
    "need_free_shipment",
    "need_prepay",
    "include_good_rate",
    "include_pay_rate_30",
    "include_rfd_rate",
    "start_dsr",
    "itemloc",
    "material_id",
    "relation_id",
    "special_id",
    "promotion_type",
    "biz_scene_id",
    "get_topn_rate",
    "ip",
    "npx_level",
    "platform",
];

/// Parameters of item information.
pub(super) const INFO: &[&str] = &[
    "item_id",
    "promotion_type",
    "biz_scene_id",
    "relation_id",
    "manage_item_pub_id",
    "get_tlj_info",
    "platform",
    "ip",
];

/// `taobao.tbk.dg.material.optional.upgrade`.
pub(super) fn search(call: &Call<'_>) -> Reply {
    call.own_adzone()?;
    let params = call.params;
    let (q, cat) = (params.text("q"), params.text("cat"));
    if q.is_none() && cat.is_none() {
        return Err(Refusal::missing("q"));
    }
    let page = call.integer("page_no", 1, 1, 10_000)?;
    let size = call.integer("page_size", 20, 1, 100)?;
    let categories: Vec<i64> = match cat {
        Some(list) => list.split(',').map(str::parse).collect::<Result<_, _>>().map_err(|_| Refusal::wrong("cat"))?,
        None => Vec::new(),
    };
    if categories.len() > 10 {
        return Err(Refusal::wrong("cat"));
    }
    let coupons = flag(call, "has_coupon")?;
    let tmall = flag(call, "is_tmall")?;
    let (least, most) = (bound(call, "start_price")?, bound(call, "end_price")?);
    let (least_rate, most_rate) = (bound(call, "start_tk_rate")?, bound(call, "end_tk_rate")?);
    let wanted = |listing: &&Listing| {
        let final_fen = listing.final_fen(call.now);
        listing.matches(q.unwrap_or(""))
            && (categories.is_empty() || categories.contains(&listing.category.id))
            && (!coupons || listing.coupon.is_some())
            && (!tmall || is_tmall(listing))
            && least.is_none_or(|yuan| final_fen / 100 >= yuan)
            && most.is_none_or(|yuan| final_fen <= yuan.saturating_mul(100))
            && least_rate.is_none_or(|rate| listing.rate * 10 >= rate)
            && most_rate.is_none_or(|rate| listing.rate * 10 <= rate)
    };
    let mut found: Vec<&Listing> = call.state.0.catalogue.iter().filter(wanted).collect();
    sort(&mut found, params.text("sort"), call.now)?;
    let total = found.len();
    if total == 0 {
        return Err(Refusal::remote("50001", "无结果"));
    }
    let skipped = usize::try_from((page - 1) * size).unwrap_or(usize::MAX);
    let shown = found.into_iter().skip(skipped).take(usize::try_from(size).unwrap_or(0));
    let mut list: Vec<Value> = shown.map(|listing| dressed(call, listing)).collect();
    // A title that hits exactly one item is taken for a pasted title: no id, no links.
    if let (1, Some(Value::Object(only))) = (total, list.first_mut())
        && q.is_some()
        && params.text("biz_scene_id") != Some("2")
    {
        only.remove("item_id");
        only.remove("publish_info");
        only.remove("scope_info");
    }
    let result_list = if list.is_empty() { json!({}) } else { json!({"map_data": list}) };
    Ok(json!({"result_list": result_list, "total_results": total}))
}

fn flag(call: &Call<'_>, name: &str) -> Result<bool, Refusal> {
    match call.params.text(name) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Refusal::wrong(name)),
    }
}

fn bound(call: &Call<'_>, name: &str) -> Result<Option<i64>, Refusal> {
    call.params.text(name).map(|text| text.parse().map_err(|_| Refusal::wrong(name))).transpose()
}

fn sort(found: &mut [&Listing], sort: Option<&str>, now: i64) -> Result<(), Refusal> {
    let Some(sort) = sort else { return Ok(()) };
    let (field, direction) = sort.rsplit_once('_').ok_or_else(|| Refusal::wrong("sort"))?;
    let key = |listing: &&Listing| match field {
        "total_sales" | "tk_total_sales" => listing.sales,
        "tk_rate" => listing.rate,
        "tk_total_commi" => listing.final_fen(now) * listing.rate / 1_000,
        "price" => listing.final_fen(now),
        _ => 0,
    };
    if !["total_sales", "tk_total_sales", "tk_rate", "tk_total_commi", "price", "match"].contains(&field) {
        return Err(Refusal::wrong("sort"));
    }
    found.sort_by_key(key);
    match direction {
        "asc" => {}
        "des" => found.reverse(),
        _ => return Err(Refusal::wrong("sort")),
    }
    Ok(())
}

/// `taobao.tbk.item.info.upgrade.get`: items that do not exist are left out.
pub(super) fn info(call: &Call<'_>) -> Reply {
    let ids = call.params.text("item_id").ok_or_else(|| Refusal::missing("item_id"))?;
    let ids: Vec<&str> = ids.split(',').collect();
    if ids.len() > 20 {
        return Err(Refusal::wrong("item_id"));
    }
    let one = |id: &&str| {
        let listing = call.state.0.catalogue.iter().find(|listing| listing.item_id == *id && !listing.gone)?;
        let mut view = dressed(call, listing);
        if let Value::Object(members) = &mut view {
            members.insert("input_item_iid".to_owned(), json!(id));
        }
        Some(view)
    };
    let details: Vec<Value> = ids.iter().filter_map(one).collect();
    let results = if details.is_empty() { json!({}) } else { json!({"tbk_item_detail": details}) };
    Ok(json!({"results": results}))
}

fn is_tmall(listing: &Listing) -> bool {
    matches!(listing.shop.2, 3..=5)
}

/// A listing in Taobao's words: yuan as text, times in milliseconds as text.
fn dressed(call: &Call<'_>, listing: &Listing) -> Value {
    let (seller_id, shop_title, _, provcity) = listing.shop;
    let picture = call.state.picture_url(listing.number);
    let final_fen = listing.final_fen(call.now);
    let rate = yuan(listing.rate * 10);
    let tag = link_tag(call, &listing.item_id);
    let short: String = listing.title.chars().take(10).collect();
    let mut prices = json!({
        "reserve_price": yuan(listing.normal_fen), "zk_final_price": yuan(listing.price_fen),
        "final_promotion_price": yuan(final_fen),
        "promotion_tag_list": {"promotion_tag_map_data": [{"tag_name": "包邮"}]},
    });
    if let (Some(coupon), Value::Object(members)) = (&listing.coupon, &mut prices) {
        let path = json!({"promotion_title": "商品券",
            "promotion_desc": format!("满{}减{}", coupon.least_order / 100, coupon.discount / 100),
            "promotion_fee": yuan(coupon.discount), "promotion_start_time": (coupon.starts * 1_000).to_string(),
            "promotion_end_time": (coupon.ends * 1_000).to_string(),
            "promotion_id": crypto::sha256_hex(&listing.item_id).get(..32)});
        let list = json!({"final_promotion_path_map_data": [path]});
        members.insert("final_promotion_path_list".to_owned(), list);
    }
    json!({
        "item_id": listing.item_id,
        "price_promotion_info": prices,
        "publish_info": {
            "click_url": format!("//uland.taobao.example/item/edetail?{tag}"),
            "coupon_share_url": format!("//uland.taobao.example/item/coupon?{tag}"),
            "income_rate": rate, "commission_type": "MKT",
            "income_info": {"commission_rate": rate, "commission_amount": yuan(final_fen * listing.rate / 1_000),
                "subsidy_rate": "0.00", "subsidy_amount": "0.00"},
        },
        "item_basic_info": {
            "title": listing.title, "short_title": short, "sub_title": "", "pict_url": picture, "white_image": "",
            "small_images": {"string": [picture]}, "category_id": listing.category.id,
            "category_name": listing.category.name, "level_one_category_id": listing.category.id,
            "level_one_category_name": listing.category.name, "seller_id": seller_id, "shop_title": shop_title,
            "user_type": i32::from(is_tmall(listing)), "volume": listing.sales, "annual_vol": listing.sales_tip(),
            "tk_total_sales": listing.sales.to_string(), "provcity": provcity, "brand_name": "",
        },
        "scope_info": {"superior_brand": 0},
    })
}

/// The query of an affiliate link: opaque, with our pid and the channel of the caller.
pub(super) fn link_tag(call: &Call<'_>, item_id: &str) -> String {
    let relation = call.params.text("relation_id").unwrap_or("");
    let opaque = crypto::sha256_hex(&format!("{item_id}/{relation}"));
    let relation = if relation.is_empty() { String::new() } else { format!("&relationId={relation}") };
    format!("e={}&pid={}{relation}", opaque.get(..32).unwrap_or_default(), call.pid())
}

/// Fen as yuan text with two decimals.
pub(super) fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}
