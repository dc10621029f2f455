//! 万里牛 (hupun): an ERP that gathers the orders of many stores, reached with a merchant's own key and
//! secret, which never end.
//!
//! It owns the stock of those stores, so stock is read from it and not pushed; parcels are told to the
//! stores' platforms by it as well. Facts: marketplaces-global 4.

mod auth;
mod errors;
mod items;
mod map;
mod orders;
pub mod sign;
mod types;

use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};

use super::account::{Access, Account};
use super::connector::{Connector, offers};
use super::error::ApiError;
use super::exchange::{Body, Host, HttpReply, HttpRequest};
use super::facts::{
    AccountKind, AuthKind, Capabilities, CursorKind, Descriptor, RateKind, StockRules, StoreFacts, Way,
};
use super::order_states;
use super::settings::{SettingKey, SettingsReader};
use super::windows::WindowRules;
use super::{Entry, Opened};

/// The registry's line.
pub const ENTRY: Entry = Entry { descriptor: &DESCRIPTOR, open };

/// The older gateway, for merchants who have a key of that one.
const B2C: &str = "https://erp-open.hupun.com";

static DESCRIPTOR: Descriptor = Descriptor {
    id: "wanliniu",
    name: "万里牛",
    platform: "wanliniu",
    default_base: "https://open-api.hupun.com/api",
    hosts: &[],
    capabilities: Capabilities::ACCOUNTS.and(Capabilities::STORE_ITEMS).and(Capabilities::ORDERS),
    auth: AuthKind::KeySecretSigned,
    settings: &[],
    windows: WindowRules {
        longest: Duration::from_secs(7 * 86_400),
        overlap: Duration::from_secs(10 * 60),
        lag: Duration::from_secs(60),
        // About three months of history.
        reach: Duration::from_secs(89 * 86_400),
    },
    rate: RateKind::Unknown,
    // Nothing is known of its limits.
    calls_per_s: 1,
    test_calls_per_day: 5000,
    store: Some(StoreFacts {
        ways: &[Way {
            kind: AccountKind::SelfAuthorised,
            auth: AuthKind::KeySecretSigned,
            needs: &[
                SettingKey::required("app_key"),
                SettingKey::optional("gateway"),
                SettingKey::optional(order_states::KEY),
            ],
            pasted: Some("app_secret"),
        }],
        sites: &[],
        cursor: CursorKind::WindowPage,
        stock: StockRules::NONE,
    }),
};

/// There is no app of ours: each merchant has his own.
struct Wanliniu;

fn open(settings: &Map<String, Value>) -> Opened {
    SettingsReader::new(&DESCRIPTOR, settings).finish(Box::new(Wanliniu))
}

/// A question to the account's gateway.
fn ask(account: &Account, operation: &'static str, path: &str) -> HttpRequest {
    match is_b2c(account) {
        true => HttpRequest::form(operation, format!("/api{path}")).at(Host::Own(B2C.to_owned())),
        false => HttpRequest::form(operation, path),
    }
}

fn is_b2c(account: &Account) -> bool {
    account.text("gateway").as_deref() == Some("b2c")
}

impl Connector for Wanliniu {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn app(&self) -> &str {
        "wanliniu"
    }

    /// With the merchant's key; what is pasted as the token is his secret.
    fn sign(&self, request: HttpRequest, access: Option<&Access>, now: DateTime<Utc>) -> HttpRequest {
        let Some(access) = access else { return request };
        let key = access.account.text("app_key").unwrap_or_else(|| access.account.id.clone());
        let secret = access.token.expose_secret();
        let b2c = is_b2c(&access.account);
        let mut request = match b2c {
            true => request
                .with("app_key", key)
                .with("format", "json")
                .with("timestamp", now.timestamp_millis().to_string()),
            // Seconds here; some clients send milliseconds.
            false => request.with("_app", key).with("_t", now.timestamp().to_string()),
        };
        if let Body::Form(fields) = &mut request.body {
            let (name, signature) = match b2c {
                true => ("sign", sign::b2c(fields, secret)),
                false => ("_sign", sign::open(fields, secret)),
            };
            fields.insert(name.to_owned(), signature);
        }
        request
    }

    fn classify(&self, reply: &HttpReply) -> Result<(), ApiError> {
        errors::classify(reply)
    }

    offers!(auth, store_items, orders);
}
