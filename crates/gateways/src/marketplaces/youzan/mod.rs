//! Youzan (有赞): a store's goods, orders, stock, shipments and messages.
//!
//! A store's own app (自用型) asks for its token silently; an app of ours (工具型) is let in by the
//! merchant, whose code Youzan pushes to our address. Tokens travel in the query. Facts:
//! marketplaces-global §2. Calls are paid for: read by messages and by the hour, not by the minute.

mod auth;
mod errors;
mod hooks;
mod items;
mod map;
mod orders;
mod ship;
mod stock;
mod types;

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::Method;
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

pub use auth::open_message;

/// The registry's line.
pub const ENTRY: Entry = Entry { descriptor: &DESCRIPTOR, open };

static DESCRIPTOR: Descriptor = Descriptor {
    id: "youzan",
    name: "有赞",
    platform: "youzan",
    default_base: "https://open.youzanyun.com",
    hosts: &[],
    capabilities: Capabilities::STORE.and(Capabilities::SHIP).and(Capabilities::PARTS).and(Capabilities::HOOKS),
    auth: AuthKind::ClientCredentials,
    settings: &[SettingKey::required("client_id"), SettingKey::secret("client_secret")],
    windows: WindowRules {
        longest: Duration::from_secs(24 * 3600),
        overlap: Duration::from_secs(10 * 60),
        lag: Duration::from_secs(60),
        // A day less than the platform's three months, which end while we ask.
        reach: Duration::from_secs(89 * 86_400),
    },
    rate: RateKind::BodyCode,
    calls_per_s: 20,
    // The trial package: 10,000 calls in 60 days.
    test_calls_per_day: 160,
    store: Some(StoreFacts {
        ways: &[
            Way {
                kind: AccountKind::SelfAuthorised,
                auth: AuthKind::ClientCredentials,
                // The store's number (kdt_id).
                needs: &[SettingKey::required("grant_id")],
                pasted: None,
            },
            Way { kind: AccountKind::ThirdParty, auth: AuthKind::CodeRotatingRefresh, needs: &[], pasted: None },
        ],
        sites: &[],
        cursor: CursorKind::WindowPage,
        stock: StockRules { max_batch: 1, absolute: true, delta: true, applied_later: false },
    }),
};

/// One Youzan app.
struct Youzan {
    client_id: String,
    client_secret: SecretString,
}

fn open(settings: &Map<String, Value>) -> Opened {
    let mut reader = SettingsReader::new(&DESCRIPTOR, settings);
    let app = Youzan { client_id: reader.text("client_id"), client_secret: reader.secret("client_secret") };
    if (1..auth::KEY_BYTES).contains(&app.client_secret.expose_secret().len()) {
        reader.fault("client_secret", "is shorter than 16 characters");
    }
    reader.finish(Box::new(app))
}

/// A call of `operation` in `version`; it reads unless [`HttpRequest::once`] is said.
fn call(operation: &'static str, version: &str, parameters: &Value) -> HttpRequest {
    HttpRequest::json(operation, Method::POST, format!("/api/{operation}/{version}"), parameters)
}

impl Connector for Youzan {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn app(&self) -> &str {
        &self.client_id
    }

    /// The token goes into the query, and nowhere else is it taken.
    fn sign(&self, request: HttpRequest, access: Option<&Access>, _: DateTime<Utc>) -> HttpRequest {
        match access {
            Some(access) => request.asking("access_token", access.token.expose_secret()),
            None => request,
        }
    }

    fn classify(&self, reply: &HttpReply) -> Result<(), ApiError> {
        errors::classify(reply)
    }

    offers!(auth, store_items, orders, stock, ship, hooks);
}
