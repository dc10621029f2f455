//! The platforms outside the great Chinese three, against the global vectors and the same cases for each.

mod cases;
mod fixtures;
mod requests;
mod sign;
mod sites;
mod walks;

use gateways::marketplaces::{Account, Connector, HttpReply, Setup};
use serde_json::Value;

use crate::{questions, vectors};

/// The platforms of this part, by their names in the vectors and here.
pub const PLATFORMS: &[(&str, &str)] = &[
    ("shopify", "shopify"),
    ("aliexpress", "aliexpress"),
    ("ebay", "ebay"),
    ("amazon", "amazon"),
    ("dhgate", "dhgate"),
    ("wish", "wish"),
    ("hupun", "wanliniu"),
    ("shoplazza", "shoplazza"),
];

/// The id here of a platform of the vectors.
pub fn id_of(platform: &str) -> Option<&'static str> {
    PLATFORMS.iter().find(|(name, _)| *name == platform).map(|(_, id)| *id)
}

/// An account being set up, of the platform's usual kind.
pub fn setup(connector: &dyn Connector) -> Setup {
    Setup { redirect_uri: "https://shop.example.com/oauth/callback".into(), ..questions::setup(connector) }
}

/// The account that setup becomes.
pub fn account(connector: &dyn Connector) -> Account {
    let id = match connector.descriptor().id {
        "shopify" => "mei-tuangou.myshopify.com",
        "shoplazza" => "mei.myshoplaza.com",
        _ => "A2SELLER",
    };
    setup(connector).account(id)
}

/// A reply of status 200, two minutes after the fixtures' rows.
pub fn ok(body: impl ToString) -> HttpReply {
    reply(200, &[], body)
}

pub fn reply(status: u16, headers: &[(&str, &str)], body: impl ToString) -> HttpReply {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    HttpReply {
        headers,
        received_at: "2026-11-22T01:08:00Z".parse().unwrap(),
        ..vectors::reply_of(status, &body.to_string())
    }
}

/// A fixture as the engine would hand it over.
pub fn fixture_reply(fixture: &Value) -> HttpReply {
    let headers = fixture["http"]["headers"].as_object().unwrap();
    let headers: Vec<(&str, &str)> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
    let body = match &fixture["body"] {
        Value::String(text) => text.clone(),
        body => body.to_string(),
    };
    reply(fixture["http"]["status"].as_u64().unwrap() as u16, &headers, body)
}

/// Everything a request says, in one text: path, query, fields, body.
pub fn said(request: &gateways::marketplaces::HttpRequest) -> String {
    let body = match &request.body {
        gateways::marketplaces::Body::Empty => String::new(),
        gateways::marketplaces::Body::Form(fields) => format!("{fields:?}"),
        gateways::marketplaces::Body::Text { text, .. } => text.clone(),
    };
    format!("{} {:?} {body}", request.path, request.query)
}
