//! Promotion links: with a person's mark, and without.

use serde::Deserialize;
use serde_json::{Value, json};

use super::goods::coupon_link;
use super::{Call, Refusal, Reply, listing_of, sku_of};
use crate::catalogue::Listing;
use crate::crypto;

/// `promotionCodeReq` of both calls.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wanted {
    material_id: Option<String>,
    site_id: Option<Value>,
    position_id: Option<i64>,
    sub_union_id: Option<String>,
    coupon_url: Option<String>,
    chain_type: Option<i64>,
    pid: Option<String>,
}

const NO_RIGHT: i64 = 2_001_403;
const WRONG: i64 = 2_001_101;

/// `jd.union.open.promotion.common.get`: for a registered place of promotion, and for nobody.
pub(super) fn common(call: &Call<'_>) -> Reply {
    let wanted: Wanted = call.read("promotionCodeReq", WRONG)?;
    if wanted.sub_union_id.is_some() {
        return Err(Refusal::new(NO_RIGHT, "无调用权限，请联系联盟运营申请"));
    }
    let site = wanted.site_id.as_ref().map(|site| site.as_str().map_or_else(|| site.to_string(), str::to_owned));
    if site.as_ref() != Some(&call.state.keys().jd.site_id) {
        return Err(Refusal::new(2_001_501, "siteId不正确"));
    }
    let listing = material(call, &wanted)?;
    Ok(json!({"data": {"clickURL": long(listing, "", wanted.position_id)}}))
}

/// `jd.union.open.promotion.bysubunionid.get`: the order will name `subUnionId`.
pub(super) fn by_sub_union_id(call: &Call<'_>) -> Reply {
    let wanted: Wanted = call.read("promotionCodeReq", WRONG)?;
    let mark = wanted.sub_union_id.as_deref().unwrap_or("");
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !(1..=80).contains(&mark.len()) || !mark.chars().all(legal) {
        return Err(Refusal::new(2_001_208, "subUnionId格式错误"));
    }
    if wanted.pid.is_some() || wanted.site_id.is_some() {
        return Err(Refusal::new(2_001_214, "subUnionId与pid不可同时使用"));
    }
    let listing = material(call, &wanted)?;
    let click = long(listing, mark, wanted.position_id);
    let tag = crypto::sha256_hex(&click);
    let short = format!("https://u.jd.example/{}", tag.get(..7).unwrap_or_default());
    let data = match wanted.chain_type.unwrap_or(2) {
        1 => json!({ "clickURL": click }),
        2 => json!({ "shortURL": short }),
        3 => json!({"shortURL": short, "clickURL": click}),
        _ => return Err(Refusal::new(WRONG, "参数错误:chainType")),
    };
    Ok(json!({ "data": data }))
}

/// The goods behind `materialId`, which is a page and never a bare number; with a coupon that is theirs.
fn material<'a>(call: &Call<'a>, wanted: &Wanted) -> Result<&'a Listing, Refusal> {
    let address = wanted.material_id.as_deref().and_then(|text| url::Url::parse(text).ok());
    let address = address.filter(|url| ["http", "https"].contains(&url.scheme()));
    let address = address.ok_or_else(|| Refusal::new(2_001_102, "materialId不是有效的链接"))?;
    let ours = ["jingfen.jd.example", "item.jd.com"].contains(&address.host_str().unwrap_or(""));
    let page = address.path_segments().and_then(Iterator::last).and_then(|page| page.strip_suffix(".html"));
    let sku = page.and_then(|number| number.parse().ok()).filter(|_| ours);
    let listing = sku.and_then(|sku| listing_of(call.state, sku));
    let listing = listing.ok_or_else(|| Refusal::new(2_001_104, "商品未参与推广"))?;
    if wanted.coupon_url.is_some() && wanted.coupon_url != coupon_link(listing) {
        return Err(Refusal::new(2_001_905, "优惠券链接无效"));
    }
    Ok(listing)
}

fn long(listing: &Listing, mark: &str, position: Option<i64>) -> String {
    let tag = crypto::sha256_hex(&format!("jd/{}/{mark}/{position:?}", sku_of(listing)));
    format!("https://union-click.jd.example/jdc?e={mark}&p={}", tag.get(..16).unwrap_or_default())
}
