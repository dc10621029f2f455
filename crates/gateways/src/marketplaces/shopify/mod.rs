//! Shopify: one host a store, GraphQL, costs instead of calls.
//!
//! A public app is let in on the store's own consent page and has tokens of an hour; an app that a
//! merchant has made for himself has a token that is pasted in and never ends. Facts: marketplaces-global 6.

mod auth;
mod errors;
mod hooks;
mod items;
mod map;
mod orders;
mod pages;
mod ship;
mod stock;
mod types;

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::account::{Access, Account};
use super::connector::{Connector, offers};
use super::error::ApiError;
use super::exchange::{Host, HttpReply, HttpRequest};
use super::facts::{
    AccountKind, AuthKind, Capabilities, CursorKind, Descriptor, RateKind, StockRules, StoreFacts, Way,
};
use super::settings::{SettingKey, SettingsReader};
use super::shop_host;
use super::windows::WindowRules;
use super::{Entry, Opened};
use types::Envelope;

/// The registry's line.
pub const ENTRY: Entry = Entry { descriptor: &DESCRIPTOR, open };

/// Below it every store has its host.
const DOMAIN: &str = "myshopify.com";
/// The version of the API; an expired one is replaced silently over there.
const PATH: &str = "/admin/api/2026-07/graphql.json";
/// What we ask a merchant for, unless the settings say otherwise.
const SCOPE: &str = "read_products,read_inventory,write_inventory,read_locations,read_orders,\
                     write_merchant_managed_fulfillment_orders";

/// What an account needs: its host, and where its stock lies if that is not the store's first place.
const NEEDS: &[SettingKey] = &[SettingKey::required("shop"), SettingKey::optional("location_id")];

static DESCRIPTOR: Descriptor = Descriptor {
    id: "shopify",
    name: "Shopify",
    platform: "shopify",
    default_base: "https://myshopify.com",
    hosts: &[],
    capabilities: Capabilities::STORE.and(Capabilities::SHIP).and(Capabilities::PARTS).and(Capabilities::HOOKS),
    auth: AuthKind::CodeRotatingRefresh,
    settings: &[
        SettingKey::required("client_id"),
        SettingKey::secret("client_secret"),
        // While a secret is replaced the platform signs with either.
        SettingKey { name: "former_client_secret", required: false, secret: true },
        SettingKey::optional("scope"),
    ],
    windows: WindowRules {
        longest: Duration::from_secs(7 * 86_400),
        overlap: Duration::from_secs(5 * 60),
        lag: Duration::from_secs(2 * 60),
        // Older orders need a right that is granted apart.
        reach: Duration::from_secs(59 * 86_400),
    },
    rate: RateKind::CostBucket,
    calls_per_s: 10,
    test_calls_per_day: 50_000,
    store: Some(StoreFacts {
        ways: &[
            Way { kind: AccountKind::ThirdParty, auth: AuthKind::CodeRotatingRefresh, needs: NEEDS, pasted: None },
            Way {
                kind: AccountKind::SelfAuthorised,
                auth: AuthKind::PastedLongLived,
                needs: NEEDS,
                pasted: Some("access_token"),
            },
        ],
        sites: &[],
        cursor: CursorKind::WindowOpaque,
        stock: StockRules { max_batch: 50, absolute: true, delta: false, applied_later: false },
    }),
};

/// One app.
struct Shopify {
    client_id: String,
    client_secret: SecretString,
    former_secret: Option<SecretString>,
    scope: String,
}

fn open(settings: &Map<String, Value>) -> Opened {
    let mut reader = SettingsReader::new(&DESCRIPTOR, settings);
    let app = Shopify {
        client_id: reader.text("client_id"),
        client_secret: reader.secret("client_secret"),
        former_secret: reader.optional("former_client_secret").map(SecretString::from),
        scope: reader.optional("scope").unwrap_or_else(|| SCOPE.to_owned()),
    };
    reader.finish(Box::new(app))
}

impl Shopify {
    fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        std::iter::once(&self.client_secret).chain(&self.former_secret)
    }
}

/// A question in GraphQL to the account's store.
fn ask(account: &Account, operation: &'static str, query: &str, variables: &Value) -> Result<HttpRequest, ApiError> {
    let body = json!({"query": query, "variables": variables});
    let origin = shop_host::origin(account, DOMAIN)?;
    Ok(HttpRequest::json(operation, Method::POST, PATH, &body).at(Host::Own(origin)))
}

/// The data of an answer that has been let pass.
fn data<T: DeserializeOwned>(reply: &HttpReply) -> Result<T, ApiError> {
    let body: Envelope<T> = reply.json()?;
    body.data.ok_or_else(|| ApiError::malformed("no data"))
}

/// The item of a page's address: the merchant's own page `admin.shopify.com/store/…/products/…`; the shoppers' names no id.
pub(super) fn item_of(link: &url::Url) -> Option<String> {
    super::links::number(super::links::after(link, "products")).map(|id| format!("gid://shopify/Product/{id}"))
}

impl Connector for Shopify {
    fn item_of_link(&self, link: &url::Url) -> Option<String> {
        item_of(link)
    }

    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn app(&self) -> &str {
        &self.client_id
    }

    fn sign(&self, request: HttpRequest, access: Option<&Access>, _: DateTime<Utc>) -> HttpRequest {
        match access {
            Some(access) => request.header("x-shopify-access-token", access.token.expose_secret()),
            None => request,
        }
    }

    fn classify(&self, reply: &HttpReply) -> Result<(), ApiError> {
        errors::classify(reply)
    }

    offers!(auth, store_items, orders, stock, ship, hooks);
}
