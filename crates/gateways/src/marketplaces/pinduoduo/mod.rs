//! Pinduoduo's merchant platform: a store's goods, orders, stock and shipments.
//!
//! The merchant authorises on the service market; calls are signed and carry his token. Facts:
//! marketplaces-cn B. What holds it up in practice is the platform's admission, not the code: an app in
//! its test state has 5,000 calls a day and five stores, orders need a security review.

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
use super::gates::pinduoduo as gate;
use super::settings::{SettingKey, SettingsReader};
use super::windows::WindowRules;
use super::{Entry, Opened};

/// The registry's line.
pub const ENTRY: Entry = Entry { descriptor: &DESCRIPTOR, open };

/// The consent page's key in `[platforms]`.
const CONSENT: &str = "pinduoduo_auth";

static DESCRIPTOR: Descriptor = Descriptor {
    id: "pinduoduo",
    name: "拼多多",
    platform: "pinduoduo",
    default_base: gate::ADDRESS,
    hosts: &[HostKey { key: CONSENT, own: "https://fuwu.pinduoduo.com/service-market/auth" }],
    capabilities: Capabilities::STORE.and(Capabilities::SHIP),
    auth: AuthKind::CodeRotatingRefresh,
    settings: &[SettingKey::required("client_id"), SettingKey::secret("client_secret")],
    windows: WindowRules {
        longest: Duration::from_secs(30 * 60),
        overlap: Duration::from_secs(5 * 60),
        lag: Duration::from_secs(60),
        // A day less than the platform's ninety, which end while we ask.
        reach: Duration::from_secs(89 * 86_400),
    },
    rate: RateKind::BodyCode,
    calls_per_s: 10,
    test_calls_per_day: 5000,
    store: Some(StoreFacts {
        ways: &[Way { kind: AccountKind::ThirdParty, auth: AuthKind::CodeRotatingRefresh, needs: &[], pasted: None }],
        sites: &[],
        cursor: CursorKind::WindowPage,
        stock: StockRules { max_batch: 1, absolute: true, delta: true, applied_later: false },
    }),
};

/// One app of the merchant platform.
struct Pinduoduo {
    app: gate::App,
}

fn open(settings: &Map<String, Value>) -> Opened {
    let mut reader = SettingsReader::new(&DESCRIPTOR, settings);
    let app = gate::App { client_id: reader.text("client_id"), client_secret: reader.secret("client_secret") };
    reader.finish(Box::new(Pinduoduo { app }))
}

/// The item of a page's address: `…/goods.html?goods_id=…`.
pub(super) fn item_of(link: &url::Url) -> Option<String> {
    super::links::number(super::links::asked(link, &["goods_id"]))
}

impl Connector for Pinduoduo {
    fn item_of_link(&self, link: &url::Url) -> Option<String> {
        item_of(link)
    }

    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn app(&self) -> &str {
        &self.app.client_id
    }

    fn sign(&self, request: HttpRequest, access: Option<&Access>, now: DateTime<Utc>) -> HttpRequest {
        self.app.sign(request, access, now)
    }

    fn classify(&self, reply: &HttpReply) -> Result<(), ApiError> {
        gate::classify(reply)
    }

    offers!(auth, store_items, orders, stock, ship);
}
