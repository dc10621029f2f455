//! A merchant's store at the sandbox, entered in the console and authorised on the platform's page.

use std::fmt::Write;

use gateways::marketplaces::{REGISTRY, SettingKey};
use sandbox::SandboxKeys;
use sandbox::stores::{Filling, StoreApp, StorePlatform, StoreRef};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::app::{TestApp, shop_text};
use crate::shopper::Client;

pub const STORES: &str = "/console/api/v1/stores";

/// A store that the console knows.
pub struct Bound {
    /// The store at the sandbox.
    pub of: StoreRef,
    /// Its id here.
    pub id: String,
    /// An owner's console.
    pub operator: Client,
}

impl Bound {
    /// Its path in the console, with what follows.
    pub fn path(&self, rest: &str) -> String {
        format!("{STORES}/{}{rest}", self.id)
    }

    /// The store as the console shows it.
    pub async fn seen(&self) -> Value {
        self.operator.get(&self.path("")).await.ok()
    }
}

/// `[marketplaces.<id>]` of every platform of stores, with the sandbox's applications.
pub fn store_apps(keys: &SandboxKeys) -> String {
    let mut text = String::new();
    for entry in REGISTRY.iter().filter(|entry| entry.descriptor.store.is_some()) {
        let id = entry.descriptor.id;
        let app = StorePlatform::of(id).and_then(|platform| keys.stores.on(platform)).unwrap();
        writeln!(text, "\n[marketplaces.{id}]\ncalls_per_day = 0").unwrap();
        let mut named = false;
        for key in entry.descriptor.settings {
            if let Some(value) = setting(app, key, &mut named) {
                writeln!(text, "{} = \"{value}\"", key.name).unwrap();
            }
        }
    }
    text
}

/// An application's setting: its name is the first that must be there, its secret the secret one.
fn setting(app: &StoreApp, key: &SettingKey, named: &mut bool) -> Option<String> {
    if let Some(told) = app.more.get(key.name) {
        return Some(told.clone());
    }
    if key.secret {
        return key.required.then(|| app.secret.clone());
    }
    if !key.required {
        return None;
    }
    let is_name = !std::mem::replace(named, true);
    // What else must be there matters to its own platform alone.
    Some(if is_name { app.id.clone() } else { format!("tuanqiao-{}", key.name) })
}

/// The numbers that Weimob's states have at the sandbox; they are unconfirmed, so a store says them.
const WEIMOB_STATES: &str = "0:unpaid,1:paid_unshipped,2:shipped,3:done,4:cancelled,5:refunding,6:held";
/// The place of the merchant within his Weimob shop.
const WEIMOB_NODE: &str = "6000287446212";
/// The same of Wanliniu, where they are as unconfirmed.
const WANLINIU_STATES: &str = "0:unpaid,1:paid_unshipped,2:shipped,3:done,4:cancelled";
/// The secret of a Wanliniu merchant, which he pastes in.
pub const WANLINIU_SECRET: &str = "7d0f9e2b";

/// What the platform wants to be entered for a store that our app is let into, or the merchant's own.
pub fn data_of(of: &StoreRef, own: bool) -> Value {
    match (of.platform, own) {
        (StorePlatform::Shopify, _) => json!({"shop": of.seller}),
        (StorePlatform::Shoplazza, _) => json!({"shop": of.seller, "currency": "USD"}),
        (StorePlatform::Dhgate, _) => json!({"seller_id": of.seller}),
        (StorePlatform::Amazon, true) => json!({"seller_id": of.seller}),
        (StorePlatform::Youzan, true) => json!({"grant_id": of.seller}),
        (StorePlatform::Weimob, false) => json!({"vid": WEIMOB_NODE, "order_states": WEIMOB_STATES}),
        (StorePlatform::Weimob, true) => {
            json!({"shop_id": of.seller, "vid": WEIMOB_NODE, "order_states": WEIMOB_STATES})
        }
        (StorePlatform::Wanliniu, _) => json!({"app_key": of.seller, "order_states": WANLINIU_STATES}),
        _ => json!({}),
    }
}

/// What buyers of a site pay in, where it is not what most of its platform pay in.
fn currency_of(of: &StoreRef) -> Option<&'static str> {
    match of.site.as_str() {
        "EBAY_GB" => Some("GBP"),
        "EBAY_DE" | "DE" => Some("EUR"),
        "JP" => Some("JPY"),
        _ => None,
    }
}

impl TestApp {
    /// Lets a shop use every platform of stores, with the sandbox's applications.
    pub async fn has_store_apps(&self) {
        let keys = self.keys();
        self.apply_shop(&format!("{}{}", shop_text("demo", &keys.merchant, &keys), store_apps(&keys))).await;
        for platform in StorePlatform::ALL {
            let address = format!("http://{}/oauth/{}/callback", self.address, platform.id());
            self.wechat().stores().register_callback(platform, &address);
        }
    }

    /// Opens a store with goods at the sandbox, unless it is there.
    pub fn opens_store(&self, of: &StoreRef, items: u64) {
        let stores = self.wechat().stores();
        let is_new = stores.list().iter().all(|known| known.store != *of);
        match currency_of(of) {
            Some(currency) => stores.open_in(of, "邻里鲜生", currency),
            None => stores.open(of, "邻里鲜生"),
        }
        for (name, value) in [("vid", WEIMOB_NODE), ("app_secret", WANLINIU_SECRET)] {
            stores.set(of, name, value).unwrap();
        }
        if is_new && items > 0 {
            stores.fill(of, &Filling::of(items)).unwrap();
        }
    }

    /// A store at the sandbox, entered by an owner of the first shop and not yet authorised.
    pub async fn enters_store(&self, of: &StoreRef, items: u64) -> Bound {
        self.has_store_apps().await;
        self.opens_store(of, items);
        let operator = self.operator().await;
        let row = operator.post_new(STORES, new_store(of)).await.ok();
        assert_eq!(row["state"], "draft");
        Bound { of: of.clone(), id: row["id"].as_str().unwrap().to_owned(), operator }
    }

    /// The same, authorised by its merchant on the platform's page, or by his key where there is none.
    pub async fn binds_store(&self, of: &StoreRef, items: u64) -> Bound {
        let bound = self.enters_store(of, items).await;
        if of.platform == StorePlatform::Wanliniu {
            let begun = bound.operator.post(&bound.path("/authorise"), json!({"pasted": WANLINIU_SECRET})).await.ok();
            assert_eq!(begun["store"]["state"], "active", "{begun}");
            return bound;
        }
        let answer = self.authorises(&bound).await;
        assert_eq!((answer.status, result(&answer).as_str()), (200, "authorised"), "{}", answer.text());
        bound
    }

    /// The merchant of the store agrees on the platform's page; answers our page he comes back to.
    pub async fn authorises(&self, bound: &Bound) -> Answer {
        let begun = bound.operator.post(&bound.path("/authorise"), json!({})).await.ok();
        let back = self.agrees(begun["url"].as_str().unwrap(), &bound.of).await;
        bound.operator.get(&back).await
    }

    /// Opens a consent page as the merchant of `of`, who agrees; answers path and query he is sent to.
    pub async fn agrees(&self, page: &str, of: &StoreRef) -> String {
        self.wechat().stores().consents(of.platform, Some(of));
        let browser =
            reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let answer = browser.get(page).send().await.unwrap();
        let status = answer.status().as_u16();
        let location = answer.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        let Some(location) = location else { panic!("{page} answered {status} {}", answer.text().await.unwrap()) };
        let back = url::Url::parse(&location).unwrap();
        assert_eq!(back.port(), Some(self.address.port()), "{location} leads back to us");
        format!("{}?{}", back.path(), back.query().unwrap())
    }
}

/// The same for the merchant's own app or key.
pub fn own_store(of: &StoreRef) -> Value {
    let mut wish = new_store(of);
    wish["kind"] = json!("self");
    wish["data"] = data_of(of, true);
    wish
}

/// The word of the page that merchants come back to.
pub fn result(answer: &Answer) -> String {
    let text = answer.text();
    let word = text.split("<meta name=\"result\" content=\"").nth(1).and_then(|rest| rest.split('"').next());
    word.unwrap_or_default().to_owned()
}

/// A store as an operator enters it.
pub fn new_store(of: &StoreRef) -> Value {
    let seller = of.seller.split('.').next().unwrap().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    let name: String = format!("{}{}_{seller}", of.platform.id(), of.site).chars().take(32).collect();
    let mut wish =
        json!({"marketplace": of.platform.id(), "name": name, "display_name": "邻里鲜生", "data": data_of(of, false)});
    if of.platform != StorePlatform::Wanliniu {
        wish["kind"] = json!("third_party");
    }
    if !of.site.is_empty() {
        wish["site"] = json!(of.site);
    }
    wish
}
