//! The vector files and the accounts their fixtures belong to.

use gateways::marketplaces::{self, Connector, HttpReply};
use serde_json::{Value, json};

/// Signatures and replies of the Chinese marketplaces.
pub fn cn() -> Value {
    serde_json::from_str(include_str!("../../../../tests/vectors/marketplaces-cn.json")).unwrap()
}

/// Of the others; its money section binds all.
pub fn global() -> Value {
    serde_json::from_str(include_str!("../../../../tests/vectors/marketplaces-global.json")).unwrap()
}

/// Whose fixtures a connector is run against, and with which settings. A new platform adds a line.
pub fn platforms() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("pdd", "pinduoduo_affiliate", json!({"client_id": "7f1e", "client_secret": "s", "pid": "31000001_210000001"})),
        (
            "taobao",
            "taobao_affiliate",
            json!({"app_key": "27182818", "app_secret": "s", "adzone_id": 110200300400_u64, "site_id": 45600789}),
        ),
        (
            "jd",
            "jd_affiliate",
            json!({"app_key": "5ab1", "app_secret": "s", "site_id": 4100200300_u64, "sub_union_id": "on"}),
        ),
        ("taobao", "taobao", json!({"app_key": "27182818", "app_secret": "s"})),
        ("youzan", "youzan", json!({"client_id": "a1b2c3d4e5f6", "client_secret": "0123456789abcdef0123456789abcdef"})),
        ("weimob", "weimob", json!({"client_id": "C1", "client_secret": "S 1&"})),
        ("jd", "jd", json!({"app_key": "5ab1", "app_secret": "s"})),
        ("pdd", "pinduoduo", json!({"client_id": "7f1e", "client_secret": "s"})),
        ("shopify", "shopify", json!({"client_id": "1c2d3e", "client_secret": "shpss_5f0c1b7a9e3d4c62a1"})),
        ("aliexpress", "aliexpress", json!({"app_key": "510234", "app_secret": "kQ7vX2mB9sTz4LrE"})),
        (
            "ebay",
            "ebay",
            json!({
                "client_id": "TuanGo-app-PRD-1111", "client_secret": "PRD-aa-bb-cc",
                "ru_name": "Tuan_Go-TuanGo-app-PR-xyzab",
            }),
        ),
        (
            "amazon",
            "amazon",
            json!({"client_id": "amzn1.application-oa2-client.aa11", "client_secret": "amzn1.oa2-cs.v1.111"}),
        ),
        ("dhgate", "dhgate", json!({"client_id": "dh1", "client_secret": "s"})),
        ("wish", "wish", json!({"client_id": "w1", "client_secret": "s"})),
        ("hupun", "wanliniu", json!({})),
        ("shoplazza", "shoplazza", json!({"client_id": "sl1", "client_secret": "DdJNhsopKxAWDHjq"})),
    ]
}

/// What a store's account holds beside its id, for connectors whose calls need more. A platform that
/// needs something adds a line.
pub fn account_data(id: &str) -> Value {
    match id {
        "youzan" => json!({"grant_id": "56232"}),
        "weimob" => json!({"shop_id": "4020502275894", "vid": "6000287446212"}),
        "shopify" => json!({"shop": "mei-tuangou.myshopify.com"}),
        "dhgate" => json!({"seller_id": "dh-seller"}),
        "wanliniu" => json!({"app_key": "3000112233"}),
        "shoplazza" => json!({"shop": "mei.myshoplaza.com", "currency": "USD"}),
        _ => json!({}),
    }
}

/// What goods carry that stock calls address them by, for all platforms at once.
pub fn stock_extra() -> Value {
    json!({
        "stock_id": "gid://shopify/InventoryItem/5510000000001", "location": "gid://shopify/Location/1",
        "offer": "36445435465", "product_type": "DRINKING_CUP", "channel": "DEFAULT", "warehouse": "wh1",
    })
}

/// The site of the account that fixtures belong to, where the platform has sites.
pub fn site(id: &str) -> Option<&'static str> {
    const SITES: &[(&str, &str)] = &[("ebay", "EBAY_GB"), ("amazon", "US")];
    SITES.iter().find(|(known, _)| *known == id).map(|(_, site)| *site)
}

/// Connectors whose calls carry a token and no signature. Every other one is held to a signature that
/// changes with the time and every field. The ERP's signature has another name and is tested beside it.
pub const UNSIGNED: &[&str] =
    &["youzan", "weimob", "shopify", "ebay", "amazon", "dhgate", "wish", "wanliniu", "shoplazza"];

/// Connectors whose callback has a shape of its own, tested beside them.
pub const OWN_CALLBACK: &[&str] = &["youzan", "shopify", "amazon", "shoplazza"];

/// Platforms of the global file whose fixtures are read in `world`, step by step.
pub const IN_STEPS: &[&str] = &["shopify", "aliexpress", "ebay", "amazon", "dhgate", "wish", "hupun", "shoplazza"];

pub fn open(id: &str, settings: &Value) -> Box<dyn Connector> {
    (marketplaces::find(id).unwrap().open)(settings.as_object().unwrap()).unwrap()
}

/// The connector of that id with its fixtures' settings.
pub fn connector(id: &str) -> Box<dyn Connector> {
    let platforms = platforms();
    let (_, _, settings) = platforms.iter().find(|(_, known, _)| *known == id).unwrap();
    open(id, settings)
}

/// The id of a connector by the global file's word for its platform.
pub fn id_of(platform: &str) -> &str {
    match platform {
        "hupun" => "wanliniu",
        same => same,
    }
}

/// A connector's own fixtures by name, in the shape of the Chinese file's, with the `operation` they answer.
pub fn own(id: &str) -> Value {
    let path = format!("{}/tests/marketplaces/own/{id}.json", env!("CARGO_MANIFEST_DIR"));
    let mut fixtures: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    fixtures.as_object_mut().unwrap().values_mut().for_each(fill);
    fixtures
}

/// Lengthens lists of one row to whole pages: `"repeat": {"/data": 200}`.
fn fill(fixture: &mut Value) {
    for (place, times) in fixture["repeat"].as_object().cloned().unwrap_or_default() {
        let rows = fixture["body"].pointer_mut(&place).unwrap().as_array_mut().unwrap();
        *rows = vec![rows[0].clone(); times.as_u64().unwrap() as usize];
    }
}

/// A fixture of the global file as the engine would hand it over.
pub fn global_reply(fixture: &Value) -> HttpReply {
    let body = match &fixture["body"] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        json => json.to_string(),
    };
    let headers = fixture["http"]["headers"].as_object().unwrap().iter();
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap().to_owned())).collect();
    HttpReply { headers, ..reply_of(fixture["http"]["status"].as_u64().unwrap() as u16, &body) }
}

/// A fixture as the engine would hand it over, at the vectors' own time.
pub fn reply(fixture: &Value) -> HttpReply {
    let body = match fixture.get("body_text") {
        Some(text) => text.as_str().unwrap().to_owned(),
        None => fixture["body"].to_string(),
    };
    reply_of(fixture["http_status"].as_u64().unwrap() as u16, &body)
}

pub fn reply_of(status: u16, body: &str) -> HttpReply {
    HttpReply {
        status,
        headers: Vec::new(),
        body: body.as_bytes().to_vec(),
        received_at: chrono::DateTime::from_timestamp(1_795_400_000, 0).unwrap(),
    }
}

/// Every fixture of the file as (platform, method, fixture).
pub fn all_fixtures(file: &Value) -> Vec<(&str, &str, &Value)> {
    let mut all = Vec::new();
    for (platform, methods) in file["fixtures"].as_object().unwrap() {
        for (method, cases) in methods.as_object().unwrap() {
            all.extend(cases.as_array().unwrap().iter().map(|case| (platform.as_str(), method.as_str(), case)));
        }
    }
    all
}
