//! DHgate (敦煌网): one gateway without signatures, so the token alone opens a store.
//!
//! The official pages are not to be had: what stands here comes from public clients and wants a test
//! against the platform. Stock would take rewriting whole items there and is not pushed. Facts:
//! marketplaces-global 10.

mod auth;
mod errors;
mod items;
mod map;
mod orders;
mod ship;
mod types;

use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::account::Access;
use super::connector::{Connector, offers};
use super::error::ApiError;
use super::exchange::{HttpReply, HttpRequest};
use super::facts::{
    AccountKind, AuthKind, Capabilities, CursorKind, Descriptor, RateKind, StockRules, StoreFacts, Way,
};
use super::settings::{SettingKey, SettingsReader};
use super::windows::WindowRules;
use super::{Entry, Opened};

/// The registry's line.
pub const ENTRY: Entry = Entry { descriptor: &DESCRIPTOR, open };

const ROUTER: &str = "/dop/router";
const VERSION: &str = "2.0";

static DESCRIPTOR: Descriptor = Descriptor {
    id: "dhgate",
    name: "DHgate 敦煌网",
    platform: "dhgate",
    default_base: "https://api.dhgate.com",
    hosts: &[],
    capabilities: Capabilities::ACCOUNTS
        .and(Capabilities::STORE_ITEMS)
        .and(Capabilities::ORDERS)
        .and(Capabilities::SHIP)
        .and(Capabilities::PARTS),
    auth: AuthKind::CodeRotatingRefresh,
    settings: &[SettingKey::required("client_id"), SettingKey::secret("client_secret")],
    windows: WindowRules {
        longest: Duration::from_secs(30 * 86_400),
        overlap: Duration::from_secs(10 * 60),
        lag: Duration::from_secs(2 * 60),
        reach: Duration::from_secs(364 * 86_400),
    },
    rate: RateKind::Unknown,
    calls_per_s: 5,
    test_calls_per_day: 5000,
    store: Some(StoreFacts {
        ways: &[Way {
            kind: AccountKind::ThirdParty,
            auth: AuthKind::CodeRotatingRefresh,
            // No call is known that tells who has authorised.
            needs: &[SettingKey::required("seller_id")],
            pasted: None,
        }],
        sites: &[],
        cursor: CursorKind::WindowPage,
        stock: StockRules::NONE,
    }),
};

/// One app.
struct Dhgate {
    client_id: String,
    client_secret: SecretString,
}

fn open(settings: &Map<String, Value>) -> Opened {
    let mut reader = SettingsReader::new(&DESCRIPTOR, settings);
    let app = Dhgate { client_id: reader.text("client_id"), client_secret: reader.secret("client_secret") };
    reader.finish(Box::new(app))
}

/// A method that reads.
fn read(method: &'static str) -> HttpRequest {
    HttpRequest::form(method, ROUTER)
}

/// The item of a page's address: `www.dhgate.com/product/…/….html`.
pub(super) fn item_of(link: &url::Url) -> Option<String> {
    super::links::number(super::links::last(link).filter(|_| super::links::has(link, "product")))
}

impl Connector for Dhgate {
    fn item_of_link(&self, link: &url::Url) -> Option<String> {
        item_of(link)
    }

    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn app(&self) -> &str {
        &self.client_id
    }

    fn sign(&self, request: HttpRequest, access: Option<&Access>, now: DateTime<Utc>) -> HttpRequest {
        let operation = request.operation;
        request
            .with("method", operation)
            .with("v", VERSION)
            .with("timestamp", now.timestamp_millis().to_string())
            .with_some("access_token", access.map(|access| access.token.expose_secret()))
    }

    fn classify(&self, reply: &HttpReply) -> Result<(), ApiError> {
        errors::classify(reply)
    }

    offers!(auth, store_items, orders, ship);
}
