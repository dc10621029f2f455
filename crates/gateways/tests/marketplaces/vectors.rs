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
    ]
}

/// What a store's account holds beside its id, for connectors whose calls need more. A platform that
/// needs something adds a line.
pub fn account_data(id: &str) -> Value {
    match id {
        "youzan" => json!({"grant_id": "56232"}),
        "weimob" => json!({"shop_id": "4020502275894", "vid": "6000287446212"}),
        _ => json!({}),
    }
}

/// What goods carry that stock calls address them by, for all platforms at once.
pub fn stock_extra() -> Value {
    json!({})
}

/// The site of the account that fixtures belong to, where the platform has sites.
pub fn site(id: &str) -> Option<&'static str> {
    const SITES: &[(&str, &str)] = &[];
    SITES.iter().find(|(known, _)| *known == id).map(|(_, site)| *site)
}

/// Connectors whose calls carry a token and no signature. Every other one is held to a signature that
/// changes with the time and every field.
pub const UNSIGNED: &[&str] = &["youzan", "weimob"];

/// Connectors whose callback has a shape of its own, tested beside them.
pub const OWN_CALLBACK: &[&str] = &["youzan"];

/// Platforms of the global file that no connector speaks yet.
pub const WAITING: &[&str] = &["shopify", "aliexpress", "ebay", "amazon", "dhgate", "wish", "hupun", "shoplazza"];

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
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
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
