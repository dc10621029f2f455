//! The stores' platforms outside the great three, spoken to with a client of the test's own: the shapes of
//! the vectors, and what each refuses in its own words.

mod aliexpress;
mod ebay_and_amazon;
mod others;
mod shopify;

use sandbox::stores::{Filling, Purchase, StoreApp, StorePlatform, StoreRef};
use serde_json::Value;

use crate::client::{Shop, keys};
use crate::shapes::{global_fixture as vector, shape};

const BACK: &str = "http://127.0.0.1:9/back";

/// A store of `platform` with goods and one paid order of two lines.
struct Stage {
    shop: Shop,
    store: StoreRef,
    order: String,
    http: reqwest::Client,
}

impl Stage {
    fn of(platform: StorePlatform, seller: &str, site: &str) -> Self {
        let shop = Shop::open();
        let store = StoreRef::new(platform, seller).on(site);
        let stores = shop.sandbox.state().stores();
        stores.open(&store, "Neighbours");
        stores.fill(&store, &Filling::of(30)).unwrap();
        stores.register_callback(platform, BACK);
        stores.consents(platform, Some(&store));
        let items = stores.items(&store);
        let item = items.iter().find(|item| item.variants.len() > 1).unwrap();
        let basket = [(item.variants[0].number, 2), (item.variants[1].number, 1)];
        let order = stores.buy(&store, &basket, &Purchase::default()).unwrap();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { shop, store, order, http }
    }

    fn app(&self) -> StoreApp {
        keys().stores.on(self.store.platform).unwrap().clone()
    }

    /// The code that the consent page at `path` leads back with.
    async fn code(&self, path: &str, query: &[(&str, &str)], name: &str) -> String {
        let answer = self.http.get(self.shop.url(path)).query(query).send().await.unwrap();
        assert_eq!(answer.status(), 302, "{}", answer.text().await.unwrap());
        let back = url::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        let found = back.query_pairs().find(|(known, _)| known == name);
        found.unwrap().1.into_owned()
    }

    async fn form(&self, path: &str, fields: &[(&str, &str)]) -> (u16, Value) {
        told(self.http.post(self.shop.url(path)).form(fields)).await
    }
}

async fn told(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

/// Everything that the vector has is in our answer too, but for `absent`.
fn has_the_shape_of(ours: &Value, id: &str, absent: &[&str]) {
    let ours = shape(ours);
    let missing: Vec<String> = shape(&vector(id)).into_iter().filter(|path| !ours.contains(path)).collect();
    let missing: Vec<&String> =
        missing.iter().filter(|path| !absent.iter().any(|known| path.contains(known))).collect();
    assert!(missing.is_empty(), "{id}: {missing:?}\n{ours:?}");
}
