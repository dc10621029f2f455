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
    ]
}

/// Methods of platforms and families that no connector speaks yet.
pub const WAITING: &[&str] = &[
    "pdd/pdd.pop.auth.token.create",
    "pdd/pdd.goods.list.get",
    "pdd/pdd.goods.information.get",
    "pdd/pdd.goods.quantity.update",
    "pdd/pdd.order.number.list.increment.get",
    "pdd/pdd.logistics.online.send",
];

pub fn open(id: &str, settings: &Value) -> Box<dyn Connector> {
    (marketplaces::find(id).unwrap().open)(settings.as_object().unwrap()).unwrap()
}

/// The connector of that id with its fixtures' settings.
pub fn connector(id: &str) -> Box<dyn Connector> {
    let platforms = platforms();
    let (_, _, settings) = platforms.iter().find(|(_, known, _)| *known == id).unwrap();
    open(id, settings)
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
