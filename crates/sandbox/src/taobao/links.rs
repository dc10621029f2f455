//! Password links (淘口令) and link conversion.

use serde_json::{Value, json};

use super::materials::link_tag;
use super::{Call, Refusal, Reply};
use crate::crypto;

/// Parameters of a conversion.
pub(super) const CONVERT: &[&str] = &[
    "adzone_id",
    "site_id",
    "item_id_list",
    "material_list",
    "relation_id",
    "special_id",
    "biz_scene_id",
    "promotion_type",
];

/// `taobao.tbk.tpwd.create`: only for a link the platform issued.
pub(super) fn password(call: &Call<'_>) -> Reply {
    let url = call.params.text("url").ok_or_else(|| Refusal::missing("url"))?;
    let bare = url.strip_prefix("https:").unwrap_or(url);
    let issued = bare.starts_with("//uland.taobao.example/item/") && bare.contains("?e=") && bare.contains("&pid=mm_");
    if !issued {
        return Err(Refusal::remote("isv.invalid-url", "url不是有效的推广链接"));
    }
    let (word, short) = words(bare);
    Ok(json!({"data": {"model": format!("9{word} https://m.tb.cn/h.{short}"), "password_simple": word}}))
}

fn words(link: &str) -> (String, String) {
    let hash = crypto::sha256_hex(link);
    let piece = |length: usize| hash.get(..length).unwrap_or_default();
    (format!("￥{}￥", piece(11)), piece(7).to_owned())
}

/// `taobao.tbk.dg.general.link.convert`, by item ids.
pub(super) fn convert(call: &Call<'_>) -> Reply {
    call.own_adzone()?;
    let ids = call.params.text("item_id_list").ok_or_else(|| Refusal::missing("item_id_list"))?;
    let known = |id: &str| call.state.0.catalogue.iter().any(|listing| listing.item_id == id && !listing.gone);
    let one = |id: &str| {
        if !known(id) {
            return json!({"input_item_id": id, "code": 50_002, "msg": "商品已下架"});
        }
        let link = format!("//uland.taobao.example/item/coupon?{}", link_tag(call, id));
        let (word, short) = words(&link);
        json!({"input_item_id": id, "link_info_dto": {"cps_long_url": format!("https:{link}"),
            "cps_short_url": format!("https://s.click.taobao.example/{short}"),
            "cps_full_tpwd": format!("9{word} https://m.tb.cn/h.{short}"), "cps_short_tpwd": word}})
    };
    let list: Vec<Value> = ids.split(',').map(one).collect();
    Ok(json!({"data": {"item_url_list": {"item_url_list": list}}, "result_msg": "success"}))
}
