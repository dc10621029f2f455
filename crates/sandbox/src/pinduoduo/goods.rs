//! Search, recommendation, detail and categories.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Refusal, Reply, links};
use crate::catalogue::Listing;
use crate::catalogue::words::CATEGORIES;
use crate::crypto;

/// Parameters of a search.
pub(super) const SEARCH: &[&str] = &[
    "keyword",
    "goods_sign_list",
    "opt_id",
    "cat_id",
    "page",
    "page_size",
    "list_id",
    "sort_type",
    "with_coupon",
    "range_list",
    "activity_tags",
    "block_cats",
    "block_cat_packages",
    "merchant_type",
    "merchant_type_list",
    "is_brand_goods",
    "pid",
    "custom_parameters",
    "use_customized",
    "goods_img_type",
];

/// Parameters of a recommendation.
pub(super) const RECOMMEND: &[&str] = &[
    "channel_type",
    "goods_sign_list",
    "cat_id",
    "offset",
    "limit",
    "list_id",
    "pid",
    "custom_parameters",
    "activity_tags",
    "goods_img_type",
];

/// Parameters of a detail.
pub(super) const DETAIL: &[&str] =
    &["goods_sign", "pid", "custom_parameters", "search_id", "zs_duo_id", "need_sku_info", "goods_img_type"];

#[derive(Deserialize)]
struct Range {
    range_id: u32,
    range_from: Option<i64>,
    range_to: Option<i64>,
}

/// `pdd.ddk.goods.search`.
pub(super) fn search(call: &Call<'_>) -> Reply {
    let params = call.params;
    links::judge_mark(call)?;
    let page = params.integer("page")?.unwrap_or(1);
    let size = params.integer("page_size")?.unwrap_or(100);
    if !(1..=10_000).contains(&page) || !(1..=100).contains(&size) {
        return Err(Refusal(21_001, "业务参数错误:page或page_size".to_owned()));
    }
    let ranges: Vec<Range> = match params.text("range_list") {
        Some(text) => serde_json::from_str(text).map_err(|_| Refusal(21_001, "业务参数错误:range_list".to_owned()))?,
        None => Vec::new(),
    };
    let signs = params.texts("goods_sign_list")?;
    let category = params.integer("cat_id")?.or(params.integer("opt_id")?);
    let with_coupon = params.flag("with_coupon")? == Some(true);
    let keyword = params.text("keyword").unwrap_or("");
    let wanted = |listing: &&Listing| {
        let named = listing.goods_sign == keyword || listing.matches(keyword);
        named
            && !listing.gone
            && (signs.is_empty() || signs.contains(&listing.goods_sign))
            && category.is_none_or(|id| id == listing.category.id)
            && (!with_coupon || listing.coupon.is_some())
            && ranges.iter().all(|range| within(range, listing, call.now))
    };
    let mut found: Vec<&Listing> = call.state.0.catalogue.iter().filter(wanted).collect();
    sort(&mut found, params.integer("sort_type")?.unwrap_or(0), call.now)?;
    let total = found.len();
    let list_id = format!("lc{}", crypto::sha256_hex(&format!("{keyword}/{category:?}")).get(..10).unwrap_or_default());
    if params.text("list_id").is_some_and(|given| given != list_id) {
        return Err(Refusal(50_001, "list_id与查询条件不一致".to_owned()));
    }
    let search_id = format!("sid{}", crypto::sha256_hex(&format!("{list_id}/{page}")).get(..16).unwrap_or_default());
    let skipped = usize::try_from((page - 1) * size).unwrap_or(usize::MAX);
    let taken = usize::try_from(size).unwrap_or(0);
    let shown = found.into_iter().skip(skipped).take(taken).map(|listing| dressed(call, listing, &search_id));
    Ok(json!({"goods_list": shown.collect::<Vec<_>>(), "total_count": total, "list_id": list_id,
        "search_id": search_id}))
}

fn within(range: &Range, listing: &Listing, now: i64) -> bool {
    let value = match range.range_id {
        0 => listing.price_fen,
        1 => listing.final_fen(now),
        2 => listing.rate,
        3 => listing.coupon.as_ref().map_or(0, |coupon| coupon.discount),
        5 => listing.sales,
        6 => listing.final_fen(now) * listing.rate / 1_000,
        _ => return true,
    };
    range.range_from.is_none_or(|least| value >= least) && range.range_to.is_none_or(|most| value <= most)
}

/// Odd sort types rise, even ones fall.
fn sort(found: &mut [&Listing], sort_type: i64, now: i64) -> Result<(), Refusal> {
    let key = |listing: &&Listing| match sort_type {
        1 | 2 => listing.rate,
        3 | 4 => listing.price_fen,
        5 | 6 => listing.sales,
        7 | 8 => listing.coupon.as_ref().map_or(0, |coupon| coupon.discount),
        9 | 10 => listing.final_fen(now),
        13 | 14 => listing.final_fen(now) * listing.rate / 1_000,
        _ => 0,
    };
    if !(0..=32).contains(&sort_type) {
        return Err(Refusal(21_001, "业务参数错误:sort_type".to_owned()));
    }
    found.sort_by_key(key);
    if sort_type > 0 && sort_type % 2 == 0 {
        found.reverse();
    }
    Ok(())
}

/// `pdd.ddk.goods.recommend.get`.
pub(super) fn recommend(call: &Call<'_>) -> Reply {
    let params = call.params;
    links::judge_mark(call)?;
    let limit = params.integer("limit")?.unwrap_or(20);
    let offset = params.integer("offset")?.unwrap_or(0);
    let channel = params.integer("channel_type")?.unwrap_or(5);
    if !(1..=400).contains(&limit) || offset < 0 || offset % limit != 0 {
        return Err(Refusal(21_001, "业务参数错误:offset须为limit的整数倍".to_owned()));
    }
    if ![1, 3, 4, 5, 6].contains(&channel) {
        return Err(Refusal(21_001, "业务参数错误:channel_type".to_owned()));
    }
    let like = params.texts("goods_sign_list")?;
    if channel == 3 && like.is_empty() {
        return Err(Refusal(21_002, "业务参数缺失:goods_sign_list".to_owned()));
    }
    let catalogue = &call.state.0.catalogue;
    let similar = |listing: &Listing| {
        catalogue.iter().any(|other| like.contains(&other.goods_sign) && other.category.id == listing.category.id)
    };
    let category = params.integer("cat_id")?;
    let wanted = |listing: &&Listing| {
        !listing.gone && category.is_none_or(|id| id == listing.category.id) && (channel != 3 || similar(listing))
    };
    let mut found: Vec<&Listing> = catalogue.iter().filter(wanted).collect();
    sort(&mut found, if channel == 6 { 14 } else { 6 }, call.now)?;
    let total = found.len();
    let list_id = format!("lr{channel}");
    let skipped = usize::try_from(offset).unwrap_or(usize::MAX);
    let taken = usize::try_from(limit).unwrap_or(0);
    let shown = found.into_iter().skip(skipped).take(taken).map(|listing| dressed(call, listing, "sidrecommend"));
    Ok(json!({"list": shown.collect::<Vec<_>>(), "total": total, "list_id": list_id, "search_id": "sidrecommend"}))
}

/// `pdd.ddk.goods.detail`: an empty list when the listing is gone.
pub(super) fn detail(call: &Call<'_>) -> Reply {
    let sign = call.params.needed("goods_sign")?;
    links::judge_mark(call)?;
    let found = call.state.0.catalogue.iter().find(|listing| listing.goods_sign == sign && !listing.gone);
    let details = found.map(|listing| {
        let mut view = dressed(call, listing, "");
        if let Value::Object(members) = &mut view {
            members.remove("search_id");
            let picture = format!("http:{}", call.state.picture_url(listing.number));
            members.insert("goods_gallery_urls".to_owned(), json!([picture]));
            members.insert("video_urls".to_owned(), json!([]));
            members.insert("material_list".to_owned(), json!([]));
            members.insert("mall_img_url".to_owned(), json!(picture));
            members.insert("cat_id".to_owned(), json!(listing.category.id));
        }
        view
    });
    Ok(json!({"goods_details": details.into_iter().collect::<Vec<_>>()}))
}

/// A listing in Pinduoduo's words. Coupon fields are left out altogether when there is no coupon.
fn dressed(call: &Call<'_>, listing: &Listing, search_id: &str) -> Value {
    let picture = format!("http:{}", call.state.picture_url(listing.number));
    let (mall_id, mall_name, merchant_type, _) = listing.shop;
    let id = listing.category.id;
    let mut view = json!({
        "goods_sign": listing.goods_sign, "goods_name": listing.title, "goods_desc": listing.title,
        "goods_image_url": picture, "goods_thumbnail_url": picture,
        "min_group_price": listing.price_fen, "min_normal_price": listing.normal_fen,
        "mall_id": mall_id, "mall_name": mall_name, "merchant_type": merchant_type,
        "has_coupon": listing.coupon.is_some(), "promotion_rate": listing.rate,
        "predict_promotion_rate": listing.rate, "sales_tip": listing.sales_tip(),
        "cat_ids": [id, 0, 0, 0], "opt_id": id, "opt_ids": [id], "opt_name": listing.category.name,
        "desc_txt": "高", "lgst_txt": "中", "serv_txt": "高", "service_tags": [1, 2, 24], "plan_type": 2,
        "unified_tags": [], "activity_tags": [], "brand_name": "", "create_at": 1_767_196_800 + listing.number,
        "extra_coupon_amount": 0, "share_rate": 0, "zs_duo_id": 0, "has_mall_coupon": false, "mall_cps": 1,
        "only_scene_auth": false, "subsidy_amount": 0, "search_id": search_id,
    });
    if let (Some(coupon), Value::Object(members)) = (&listing.coupon, &mut view) {
        let fields = [
            ("coupon_discount", coupon.discount),
            ("coupon_min_order_amount", coupon.least_order),
            ("coupon_start_time", coupon.starts),
            ("coupon_end_time", coupon.ends),
            ("coupon_total_quantity", 10_000),
            ("coupon_remain_quantity", coupon.remaining),
        ];
        members.extend(fields.map(|(name, value)| (name.to_owned(), json!(value))));
    }
    view
}

/// `pdd.goods.cats.get`: two levels.
pub(super) fn categories(call: &Call<'_>) -> Reply {
    let parent = call.params.integer("parent_cat_id")?;
    let parent = parent.ok_or_else(|| Refusal(21_002, "业务参数缺失:parent_cat_id".to_owned()))?;
    let rows = shelves(parent).into_iter();
    let rows =
        rows.map(|(id, name, level)| json!({"cat_id": id, "cat_name": name, "level": level, "parent_cat_id": parent}));
    Ok(json!({"goods_cats_list": rows.collect::<Vec<_>>()}))
}

/// `pdd.goods.opt.get`: the same tree under other names.
pub(super) fn options(call: &Call<'_>) -> Reply {
    let parent = call.params.integer("parent_opt_id")?;
    let parent = parent.ok_or_else(|| Refusal(21_002, "业务参数缺失:parent_opt_id".to_owned()))?;
    let rows = shelves(parent).into_iter();
    let rows =
        rows.map(|(id, name, level)| json!({"opt_id": id, "opt_name": name, "level": level, "parent_opt_id": parent}));
    Ok(json!({"goods_opt_list": rows.collect::<Vec<_>>()}))
}

fn shelves(parent: i64) -> Vec<(i64, &'static str, i64)> {
    if parent == 0 {
        return CATEGORIES.iter().map(|category| (category.id, category.name, 1)).collect();
    }
    let found = CATEGORIES.iter().find(|category| category.id == parent);
    let goods = found.map_or(&[][..], |category| category.goods);
    (1..).zip(goods).map(|(place, (name, _, _))| (parent * 100 + place, *name, 2)).collect()
}
