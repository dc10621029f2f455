//! AliExpress (速卖通): a signed gateway, merchants who authorise as sellers, a clock of the US coast.
//!
//! The seller methods are those of the legacy solution family; which of them an app is granted depends
//! on its category. Facts: marketplaces-global 7.

mod answer;
mod auth;
mod errors;
mod items;
mod map;
mod orders;
mod ship;
pub mod sign;
mod stock;
mod types;

use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::account::Access;
use super::connector::{Connector, offers};
use super::error::ApiError;
use super::exchange::{Body, HttpReply, HttpRequest};
use super::facts::{
    AccountKind, AuthKind, Capabilities, CursorKind, Descriptor, RateKind, StockRules, StoreFacts, Way,
};
use super::settings::{SettingKey, SettingsReader};
use super::windows::WindowRules;
use super::{Entry, Opened};

/// The registry's line.
pub const ENTRY: Entry = Entry { descriptor: &DESCRIPTOR, open };

/// Where business methods are called; their name is a parameter.
const BUSINESS: &str = "/sync";
/// Before the path of a system method, which is signed instead of a name.
const SYSTEM: &str = "/rest";

static DESCRIPTOR: Descriptor = Descriptor {
    id: "aliexpress",
    name: "AliExpress 速卖通",
    platform: "aliexpress",
    default_base: "https://api-sg.aliexpress.com",
    hosts: &[],
    capabilities: Capabilities::STORE.and(Capabilities::SHIP).and(Capabilities::PARTS),
    auth: AuthKind::CodeRotatingRefresh,
    settings: &[SettingKey::required("app_key"), SettingKey::secret("app_secret")],
    windows: WindowRules {
        longest: Duration::from_secs(7 * 86_400),
        // November has an hour twice, and the platform's texts do not say which of the two is meant.
        overlap: Duration::from_secs(2 * 3600 + 5 * 60),
        lag: Duration::from_secs(2 * 60),
        reach: Duration::from_secs(89 * 86_400),
    },
    rate: RateKind::BodyCode,
    calls_per_s: 10,
    test_calls_per_day: 5000,
    store: Some(StoreFacts {
        ways: &[Way { kind: AccountKind::ThirdParty, auth: AuthKind::CodeRotatingRefresh, needs: &[], pasted: None }],
        sites: &[],
        cursor: CursorKind::WindowPage,
        stock: StockRules { max_batch: 200, absolute: true, delta: false, applied_later: false },
    }),
};

/// One app.
struct AliExpress {
    app_key: String,
    app_secret: SecretString,
}

fn open(settings: &Map<String, Value>) -> Opened {
    let mut reader = SettingsReader::new(&DESCRIPTOR, settings);
    let app = AliExpress { app_key: reader.text("app_key"), app_secret: reader.secret("app_secret") };
    reader.finish(Box::new(app))
}

/// A business method that reads.
fn read(method: &'static str) -> HttpRequest {
    HttpRequest::form(method, BUSINESS)
}

/// The item of a page's address: `www.aliexpress.com/item/….html`.
pub(super) fn item_of(link: &url::Url) -> Option<String> {
    super::links::number(super::links::after(link, "item"))
}

impl Connector for AliExpress {
    fn item_of_link(&self, link: &url::Url) -> Option<String> {
        item_of(link)
    }

    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn app(&self) -> &str {
        &self.app_key
    }

    fn sign(&self, request: HttpRequest, access: Option<&Access>, now: DateTime<Utc>) -> HttpRequest {
        let operation = request.operation;
        let system = request.path.strip_prefix(SYSTEM).map(str::to_owned);
        let mut request = request
            .with("app_key", &self.app_key)
            .with("timestamp", now.timestamp_millis().to_string())
            .with("sign_method", "sha256");
        if system.is_none() {
            request = request
                .with("method", operation)
                .with("format", "json")
                .with_some("session", access.map(|access| access.token.expose_secret()));
        }
        if let Body::Form(fields) = &mut request.body {
            let signature = sign::sign(system.as_deref(), fields, self.app_secret.expose_secret());
            fields.insert("sign".to_owned(), signature);
        }
        request
    }

    fn classify(&self, reply: &HttpReply) -> Result<(), ApiError> {
        errors::classify(reply)
    }

    offers!(auth, store_items, orders, stock, ship);
}
