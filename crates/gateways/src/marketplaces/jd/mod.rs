//! JD's merchant calls (京东 JOS): a store's goods, orders, stock and shipments.
//!
//! The merchant authorises on JD's page; his token travels with each signed call. Facts: marketplaces-cn
//! D.4, which is brief: method names and a few parameters. What it does not confirm stands in `types.rs`
//! and in the constants beside each call. Stores' order data are sealed and hosted in JD's cloud; sealed
//! fields are kept as they come.

mod auth;
mod errors;
mod items;
mod map;
mod orders;
mod ship;
mod stock;
mod types;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::account::Access;
use super::connector::{Connector, offers};
use super::error::ApiError;
use super::exchange::{HttpReply, HttpRequest};
use super::facts::{
    AccountKind, AuthKind, Capabilities, CursorKind, Descriptor, HostKey, RateKind, StockRules, StoreFacts, Way,
};
use super::gates::jd as gate;
use super::settings::{SettingKey, SettingsReader};
use super::windows::WindowRules;
use super::{Entry, Opened};

/// The registry's line.
pub const ENTRY: Entry = Entry { descriptor: &DESCRIPTOR, open };

/// The consent page's and token calls' key in `[platforms]`.
const CONSENT: &str = "jd_auth";
/// The gateway's version of this family; the sheet gives one for the whole gateway.
const VERSION: &str = "1.0";

static DESCRIPTOR: Descriptor = Descriptor {
    id: "jd",
    name: "京东",
    platform: "jd",
    default_base: gate::ADDRESS,
    hosts: &[HostKey { key: CONSENT, own: "https://open-oauth.jd.com" }],
    capabilities: Capabilities::STORE.and(Capabilities::SHIP),
    auth: AuthKind::CodeRotatingRefresh,
    settings: &[SettingKey::required("app_key"), SettingKey::secret("app_secret")],
    windows: WindowRules {
        longest: Duration::from_secs(24 * 3600),
        overlap: Duration::from_secs(10 * 60),
        lag: Duration::from_secs(60),
        // A day less than a month, which ends while we ask.
        reach: Duration::from_secs(29 * 86_400),
    },
    rate: RateKind::BodyCode,
    calls_per_s: 10,
    test_calls_per_day: 5000,
    store: Some(StoreFacts {
        ways: &[Way {
            kind: AccountKind::ThirdParty,
            auth: AuthKind::CodeRotatingRefresh,
            // Which installation sends the store's parcels, where JD asks for it.
            needs: &[SettingKey::optional("install_id"), SettingKey::optional("store_id")],
            pasted: None,
        }],
        sites: &[],
        cursor: CursorKind::WindowPage,
        stock: StockRules { max_batch: 1, absolute: true, delta: false, applied_later: false },
    }),
};

/// One JOS app.
struct Jd {
    app: gate::App,
}

fn open(settings: &Map<String, Value>) -> Opened {
    let mut reader = SettingsReader::new(&DESCRIPTOR, settings);
    let app = gate::App { app_key: reader.text("app_key"), app_secret: reader.secret("app_secret") };
    reader.finish(Box::new(Jd { app }))
}

/// A call of the gateway with its own parameters as one JSON text.
fn call(operation: &'static str, parameters: &Value) -> HttpRequest {
    HttpRequest::gateway_read(operation).with(gate::PARAM, parameters.to_string())
}

impl Connector for Jd {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn app(&self) -> &str {
        &self.app.app_key
    }

    fn sign(&self, request: HttpRequest, access: Option<&Access>, now: DateTime<Utc>) -> HttpRequest {
        self.app.sign(request, VERSION, access, now)
    }

    fn classify(&self, reply: &HttpReply) -> Result<(), ApiError> {
        errors::classify(reply)
    }

    offers!(auth, store_items, orders, stock, ship);
}
