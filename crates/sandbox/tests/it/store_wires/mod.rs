//! The platforms of stores, spoken to without any connector: shapes, rules and refusals.

mod control;
mod jd;
mod pinduoduo;
mod taobao;
mod weimob;
mod youzan;

use std::collections::BTreeMap;

use md5::{Digest, Md5};
use sandbox::stores::{Filling, StorePlatform, StoreRef, Stores};
use serde_json::Value;

use crate::client::Shop;

const BACK: &str = "http://127.0.0.1:9/oauth/callback";

/// A shop with a store of forty goods on `platform`.
fn opened(platform: StorePlatform, seller: &str) -> (Shop, StoreRef) {
    let shop = Shop::with(|config| config.notify = true);
    let store = StoreRef::new(platform, seller);
    let stores = shop.sandbox.state().stores();
    stores.open(&store, "邻里鲜生");
    stores.fill(&store, &Filling::of(40)).unwrap();
    stores.register_callback(platform, BACK);
    stores.consents(platform, Some(&store));
    (shop, store)
}

fn stores(shop: &Shop) -> Stores {
    shop.sandbox.state().stores()
}

fn app(shop: &Shop, platform: StorePlatform) -> (String, String) {
    let app = shop.sandbox.state().keys().stores.on(platform).unwrap();
    (app.id.clone(), app.secret.clone())
}

/// The code a merchant's consent sends back.
async fn code(shop: &Shop, path: &str, query: &[(&str, &str)]) -> String {
    let mut address = url::Url::parse(&shop.url(path)).unwrap();
    address.query_pairs_mut().extend_pairs(query);
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let led = browser.get(address).send().await.unwrap();
    assert_eq!(led.status(), 302, "{:?}", led.text().await);
    let back = url::Url::parse(led.headers()["location"].to_str().unwrap()).unwrap();
    let query: BTreeMap<String, String> = back.query_pairs().into_owned().collect();
    assert_eq!(query["state"], "s1");
    query["code"].clone()
}

/// The time in Beijing, some seconds from now.
fn beijing(seconds: i64) -> String {
    let at = chrono::Utc::now() + chrono::Duration::hours(8) + chrono::Duration::seconds(seconds);
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// A method's own parameters.
type Own<'a> = &'a [(&'a str, &'a str)];

type Params<'a> = Vec<(&'a str, String)>;

fn signed<'a>(secret: &str, mut params: Params<'a>) -> Params<'a> {
    let sorted: BTreeMap<&str, &str> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let text: String = sorted.into_iter().map(|(name, value)| format!("{name}{value}")).collect();
    params.push(("sign", hex::encode_upper(Md5::digest(format!("{secret}{text}{secret}")))));
    params
}

async fn form(shop: &Shop, path: &str, params: &Params<'_>) -> Value {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(params.iter());
    let request = shop.http.post(shop.url(path)).header("Content-Type", "application/x-www-form-urlencoded");
    let answer = request.body(form.finish()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}
