//! Shoplazza (店匠): one host a store, REST with cursors, messages signed over their body.
//!
//! Paths of goods, orders, stock and parcels are from general knowledge and stand each in one place.
//! Facts: marketplaces-global 5.

mod answer;
mod auth;
mod hooks;
mod items;
mod map;
mod orders;
mod ship;
mod stock;
mod types;

use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

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

/// The registry's line.
pub const ENTRY: Entry = Entry { descriptor: &DESCRIPTOR, open };

/// Below it every store has its host; with one z.
const DOMAIN: &str = "myshoplaza.com";
/// Before every path; a version of the API is current for about half a year.
const API: &str = "/openapi/2026-01";
/// What we ask a merchant for, unless the settings say otherwise.
const SCOPE: &str = "read_product read_order write_order read_inventory write_inventory";

static DESCRIPTOR: Descriptor = Descriptor {
    id: "shoplazza",
    name: "店匠 Shoplazza",
    platform: "shoplazza",
    default_base: "https://myshoplaza.com",
    hosts: &[],
    capabilities: Capabilities::STORE.and(Capabilities::SHIP).and(Capabilities::PARTS).and(Capabilities::HOOKS),
    auth: AuthKind::CodeRotatingRefresh,
    settings: &[SettingKey::required("client_id"), SettingKey::secret("client_secret"), SettingKey::optional("scope")],
    windows: WindowRules {
        longest: Duration::from_secs(7 * 86_400),
        overlap: Duration::from_secs(5 * 60),
        lag: Duration::from_secs(2 * 60),
        reach: Duration::from_secs(89 * 86_400),
    },
    rate: RateKind::Leaky { burst: 40, per_s: 2 },
    calls_per_s: 2,
    test_calls_per_day: 50_000,
    store: Some(StoreFacts {
        ways: &[Way {
            kind: AccountKind::ThirdParty,
            auth: AuthKind::CodeRotatingRefresh,
            // Goods name no currency of their own.
            needs: &[SettingKey::required("shop"), SettingKey::required("currency")],
            pasted: None,
        }],
        sites: &[],
        cursor: CursorKind::WindowOpaque,
        stock: StockRules { max_batch: 1, absolute: true, delta: false, applied_later: false },
    }),
};

/// One app.
struct Shoplazza {
    client_id: String,
    client_secret: SecretString,
    scope: String,
}

fn open(settings: &Map<String, Value>) -> Opened {
    let mut reader = SettingsReader::new(&DESCRIPTOR, settings);
    let app = Shoplazza {
        client_id: reader.text("client_id"),
        client_secret: reader.secret("client_secret"),
        scope: reader.optional("scope").unwrap_or_else(|| SCOPE.to_owned()),
    };
    reader.finish(Box::new(app))
}

/// The same request to the account's store.
fn at_store(request: HttpRequest, account: &Account) -> Result<HttpRequest, ApiError> {
    Ok(request.at(Host::Own(shop_host::origin(account, DOMAIN)?)))
}

/// The item of a page's address: the merchant's own page `…/admin/products/…`; the shoppers' names no id.
pub(super) fn item_of(link: &url::Url) -> Option<String> {
    super::links::after(link, "products").filter(|_| super::links::has(link, "admin"))
}

impl Connector for Shoplazza {
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
            Some(access) => request.header("access-token", access.token.expose_secret()),
            None => request,
        }
    }

    fn classify(&self, reply: &HttpReply) -> Result<(), ApiError> {
        answer::classify(reply)
    }

    offers!(auth, store_items, orders, stock, ship, hooks);
}
