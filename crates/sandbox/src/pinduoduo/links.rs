//! Promotion links, filing, and the mark that links carry.

use serde_json::{Value, json};

use super::{Call, Refusal, Reply};
use crate::crypto;

/// Parameters of a promotion link.
pub(super) const PROMOTE: &[&str] = &[
    "p_id",
    "goods_sign_list",
    "custom_parameters",
    "search_id",
    "generate_short_url",
    "generate_we_app",
    "generate_schema_url",
    "generate_authority_url",
    "generate_short_link",
    "generate_weixin_code",
    "generate_share_image",
    "multi_group",
    "zs_duo_id",
    "cash_gift_id",
    "material_id",
];

/// Parameters of a filing link.
pub(super) const FILE: &[&str] =
    &["channel_type", "p_id_list", "custom_parameters", "generate_we_app", "generate_short_url", "generate_schema_url"];

/// `pdd.ddk.goods.promotion.url.generate`.
pub(super) fn promote(call: &Call<'_>) -> Reply {
    let params = call.params;
    let pid = params.needed("p_id")?;
    judge_pid(call, pid)?;
    judge_mark(call)?;
    let signs = params.texts("goods_sign_list")?;
    if signs.is_empty() {
        return Err(Refusal(21_002, "业务参数缺失:goods_sign_list".to_owned()));
    }
    let known =
        |sign: &String| call.state.0.catalogue.iter().any(|listing| listing.goods_sign == *sign && !listing.gone);
    if !signs.iter().all(known) {
        return Err(Refusal(50_001, "商品不存在或已下架".to_owned()));
    }
    let links: Result<Vec<Value>, Refusal> = signs.iter().map(|sign| link(call, pid, sign)).collect();
    Ok(json!({"goods_promotion_url_list": links?}))
}

fn link(call: &Call<'_>, pid: &str, sign: &str) -> Reply {
    let params = call.params;
    let mark = params.text("custom_parameters").unwrap_or("");
    let tag = crypto::sha256_hex(&format!("{pid}/{sign}/{mark}"));
    let piece = |from: usize, to: usize| tag.get(from..to).unwrap_or_default();
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("goods_sign", sign)
        .append_pair("pid", pid)
        .append_pair("customParameters", mark)
        .append_pair("duoduo_type", "2")
        .append_pair("cpsSign", &format!("CC_{}", piece(0, 12)))
        .finish();
    let launch: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
    let mut view = json!({
        "url": format!("https://mobile.yangkeduo.example/duo_coupon_landing.html?{query}"),
        "mobile_url": format!("https://mobile.yangkeduo.example/app.html?launch_url={launch}"),
    });
    let Value::Object(members) = &mut view else {
        return Ok(view);
    };
    if params.flag("generate_short_url")? == Some(true) {
        members.insert("short_url".to_owned(), json!(format!("https://p.pinduoduo.example/{}", piece(0, 8))));
        members.insert("mobile_short_url".to_owned(), json!(format!("https://p.pinduoduo.example/{}", piece(8, 16))));
    }
    if params.flag("generate_schema_url")? == Some(true) {
        let schema = format!("pinduoduo://com.xunmeng.pinduoduo/duo_coupon_landing.html?{query}");
        members.insert("schema_url".to_owned(), json!(schema));
    }
    if params.flag("generate_we_app")? == Some(true) {
        let page = format!("package_a/welfare_coupon/welfare_coupon?{query}");
        members.insert("we_app_info".to_owned(), mini_program(&page));
    }
    Ok(view)
}

fn mini_program(page_path: &str) -> Value {
    json!({"app_id": "wx32540bd863b27570", "user_name": "gh_0e7477744313@app", "page_path": page_path,
        "title": "拼多多福利券", "desc": "多实惠", "source_display_name": "拼多多",
        "we_app_icon_url": "https://img.example.test/pdd.png", "banner_url": "https://img.example.test/b.png"})
}

/// `pdd.ddk.rp.prom.url.generate`, the filing link (`channel_type` 10) alone.
pub(super) fn file(call: &Call<'_>) -> Reply {
    let params = call.params;
    judge_mark(call)?;
    let pids = params.texts("p_id_list")?;
    let [pid] = pids.as_slice() else {
        return Err(Refusal(21_001, "业务参数错误:p_id_list长度须为1".to_owned()));
    };
    judge_pid(call, pid)?;
    if params.integer("channel_type")? != Some(10) {
        return Err(Refusal(21_001, "业务参数错误:channel_type".to_owned()));
    }
    let mark = params.text("custom_parameters").unwrap_or("");
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("pid", pid)
        .append_pair("customParameters", mark)
        .finish();
    let mut view = json!({"url": format!("https://mobile.yangkeduo.example/duo_auth.html?{query}"),
        "mobile_url": format!("https://mobile.yangkeduo.example/app.html?{query}")});
    if let (Some(true), Value::Object(members)) = (params.flag("generate_we_app")?, &mut view) {
        members.insert("we_app_info".to_owned(), mini_program(&format!("package_a/auth/auth?{query}")));
    }
    Ok(json!({"url_list": [view]}))
}

/// `pdd.ddk.member.authority.query`.
pub(super) fn authority(call: &Call<'_>) -> Reply {
    let pid = call.params.needed("pid")?;
    judge_mark(call)?;
    let mark = call.params.text("custom_parameters").unwrap_or("");
    let unfiled = call.state.world().market.unfiled.contains(&format!("{pid}/{mark}"));
    Ok(json!({"bind": i32::from(!unfiled)}))
}

fn judge_pid(call: &Call<'_>, pid: &str) -> Result<(), Refusal> {
    if pid == call.state.keys().pinduoduo.pid {
        return Ok(());
    }
    Err(Refusal(50_001, "推广位不存在".to_owned()))
}

/// `pid`, when given, must be ours; `custom_parameters` is JSON of at most 64 bytes naming a `uid`.
pub(super) fn judge_mark(call: &Call<'_>) -> Result<(), Refusal> {
    if let Some(pid) = call.params.text("pid") {
        judge_pid(call, pid)?;
    }
    let Some(mark) = call.params.text("custom_parameters") else {
        return Ok(());
    };
    let wrong = |why: &str| Err(Refusal(21_001, format!("业务参数错误:custom_parameters{why}")));
    if mark.len() > 64 {
        return wrong("超过64字节");
    }
    let named = serde_json::from_str::<Value>(mark).ok().and_then(|value| value.get("uid").cloned());
    match named {
        Some(Value::String(uid)) if !uid.is_empty() => Ok(()),
        _ => wrong("须为含uid的JSON"),
    }
}
