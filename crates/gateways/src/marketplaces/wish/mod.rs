//! Wish: REST, one order a product line, lists that go on by the last row's time.
//!
//! The platform's owner has had its payments suspended in one country: it works, but a merchant should
//! know before he relies on what it pays out. Accounts below a merchant's own cannot authorise. Facts:
//! marketplaces-global 11.

mod auth;
mod errors;
mod hooks;
mod items;
mod keyset;
mod map;
mod orders;
mod ship;
mod stock;
mod types;

use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::account::Access;
use super::connector::{Connector, offers};
use super::error::ApiError;
use super::exchange::{Host, HttpReply, HttpRequest};
use super::facts::{
    AccountKind, AuthKind, Capabilities, CursorKind, Descriptor, RateKind, StockRules, StoreFacts, Way,
};
use super::settings::{SettingKey, SettingsReader};
use super::windows::WindowRules;
use super::{Entry, Opened};

/// The registry's line.
pub const ENTRY: Entry = Entry { descriptor: &DESCRIPTOR, open };

const SANDBOX: &str = "https://sandbox.merchant.wish.com";

static DESCRIPTOR: Descriptor = Descriptor {
    id: "wish",
    name: "Wish",
    platform: "wish",
    default_base: "https://merchant.wish.com",
    hosts: &[],
    capabilities: Capabilities::STORE.and(Capabilities::SHIP).and(Capabilities::HOOKS),
    auth: AuthKind::CodeFixedRefresh,
    settings: &[
        SettingKey::required("client_id"),
        SettingKey::secret("client_secret"),
        // "sandbox" has an app and accounts of its own.
        SettingKey::optional("environment"),
    ],
    windows: WindowRules {
        longest: Duration::from_secs(7 * 86_400),
        overlap: Duration::from_secs(5 * 60),
        lag: Duration::from_secs(2 * 60),
        reach: Duration::from_secs(89 * 86_400),
    },
    rate: RateKind::ResetHeader,
    calls_per_s: 5,
    test_calls_per_day: 5000,
    store: Some(StoreFacts {
        ways: &[Way {
            kind: AccountKind::ThirdParty,
            auth: AuthKind::CodeFixedRefresh,
            // Where parcels start, by country; China unless said.
            needs: &[SettingKey::optional("origin_country")],
            pasted: None,
        }],
        sites: &[],
        cursor: CursorKind::Keyset,
        stock: StockRules { max_batch: 100, absolute: true, delta: false, applied_later: false },
    }),
};

/// One app.
struct Wish {
    client_id: String,
    client_secret: SecretString,
    sandbox: bool,
}

fn open(settings: &Map<String, Value>) -> Opened {
    let mut reader = SettingsReader::new(&DESCRIPTOR, settings);
    let environment = reader.optional("environment").unwrap_or_else(|| "production".to_owned());
    if !["production", "sandbox"].contains(&environment.as_str()) {
        reader.fault("environment", "must be production or sandbox");
    }
    let app = Wish {
        client_id: reader.text("client_id"),
        client_secret: reader.secret("client_secret"),
        sandbox: environment == "sandbox",
    };
    reader.finish(Box::new(app))
}

impl Wish {
    fn host(&self) -> Host {
        if self.sandbox { Host::Own(SANDBOX.to_owned()) } else { Host::Base }
    }
}

/// The item of a page's address: `www.wish.com/product/…`.
pub(super) fn item_of(link: &url::Url) -> Option<String> {
    super::links::after(link, "product").or_else(|| super::links::after(link, "c"))
}

impl Connector for Wish {
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
            Some(access) => request.header("authorization", format!("Bearer {}", access.token.expose_secret())),
            None => request,
        }
    }

    fn classify(&self, reply: &HttpReply) -> Result<(), ApiError> {
        errors::classify(reply)
    }

    offers!(auth, store_items, orders, stock, ship, hooks);
}
