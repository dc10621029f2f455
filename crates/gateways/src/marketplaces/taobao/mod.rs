//! Taobao's merchant calls on the TOP gateway: a store's goods, orders, stock and shipments.
//!
//! The merchant authorises on Taobao's page; his session travels with each signed call. Facts:
//! marketplaces-cn C.5. Of the field names the sheet confirms those of the lists and writes; the others
//! are in `types.rs` alone. Receiver data come starred out or sealed: opening them takes the platform's
//! own cloud.

mod auth;
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
use super::gates::taobao as gate;
use super::settings::{SettingKey, SettingsReader};
use super::windows::WindowRules;
use super::{Entry, Opened};

/// The registry's line.
pub const ENTRY: Entry = Entry { descriptor: &DESCRIPTOR, open };

/// The consent page's key in `[platforms]`.
const CONSENT: &str = "taobao_auth";

static DESCRIPTOR: Descriptor = Descriptor {
    id: "taobao",
    name: "淘宝",
    platform: "taobao",
    default_base: gate::ADDRESS,
    hosts: &[HostKey { key: CONSENT, own: "https://oauth.taobao.com" }],
    capabilities: Capabilities::STORE.and(Capabilities::SHIP).and(Capabilities::PARTS),
    auth: AuthKind::CodeRotatingRefresh,
    settings: &[SettingKey::required("app_key"), SettingKey::secret("app_secret"), SettingKey::optional("sign_method")],
    windows: WindowRules {
        longest: Duration::from_secs(24 * 3600),
        overlap: Duration::from_secs(10 * 60),
        lag: Duration::from_secs(60),
        // A day less than the platform's three months, which end while we ask.
        reach: Duration::from_secs(89 * 86_400),
    },
    rate: RateKind::BodyCode,
    calls_per_s: 20,
    test_calls_per_day: 5000,
    store: Some(StoreFacts {
        ways: &[Way { kind: AccountKind::ThirdParty, auth: AuthKind::CodeRotatingRefresh, needs: &[], pasted: None }],
        sites: &[],
        cursor: CursorKind::WindowPage,
        stock: StockRules { max_batch: 1, absolute: true, delta: true, applied_later: false },
    }),
};

/// One TOP app.
struct Taobao {
    app: gate::App,
}

fn open(settings: &Map<String, Value>) -> Opened {
    let mut reader = SettingsReader::new(&DESCRIPTOR, settings);
    let app = gate::App::read(&mut reader);
    reader.finish(Box::new(Taobao { app }))
}

/// The item of a page's address: `item.taobao.com/item.htm?id=…`, `detail.tmall.com/item.htm?id=…`.
pub(super) fn item_of(link: &url::Url) -> Option<String> {
    super::links::number(super::links::asked(link, &["id", "item_id"]))
}

impl Connector for Taobao {
    fn item_of_link(&self, link: &url::Url) -> Option<String> {
        item_of(link)
    }

    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn app(&self) -> &str {
        &self.app.app_key
    }

    fn sign(&self, request: HttpRequest, access: Option<&Access>, now: DateTime<Utc>) -> HttpRequest {
        self.app.sign(request, access, now)
    }

    fn classify(&self, reply: &HttpReply) -> Result<(), ApiError> {
        gate::classify(reply)
    }

    offers!(auth, store_items, orders, stock, ship);
}
