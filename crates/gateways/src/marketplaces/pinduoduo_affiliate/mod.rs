//! Pinduoduo Duoduo Jinbao (多多进宝): affiliate goods, links into its mini-program, commission lines.
//!
//! One signed gateway for all calls; key and secret are enough, no merchant authorises. Facts:
//! marketplaces-cn A. Never maps `subsidy_*`: the platform forbids showing it below the operator.

mod items;
mod links;
mod map;
mod orders;
mod types;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::account::Access;
use super::connector::{Connector, offers};
use super::error::ApiError;
use super::exchange::{HttpReply, HttpRequest};
use super::facts::{AuthKind, Capabilities, Descriptor, RateKind};
use super::gates::pinduoduo as gate;
use super::settings::{SettingKey, SettingsReader};
use super::windows::WindowRules;
use super::{Entry, Opened};

/// The registry's line.
pub const ENTRY: Entry = Entry { descriptor: &DESCRIPTOR, open };

static DESCRIPTOR: Descriptor = Descriptor {
    id: "pinduoduo_affiliate",
    name: "多多进宝",
    platform: "pinduoduo",
    default_base: gate::ADDRESS,
    hosts: &[],
    capabilities: Capabilities::ITEMS.and(Capabilities::LINKS).and(Capabilities::FILING).and(Capabilities::COMMISSIONS),
    auth: AuthKind::KeySecretSigned,
    settings: &[
        SettingKey::required("client_id"),
        SettingKey::secret("client_secret"),
        SettingKey::required("pid"),
        // The mark the position was filed with, when it was filed with one.
        SettingKey::optional("custom_parameters"),
    ],
    windows: WindowRules {
        longest: Duration::from_secs(24 * 3600),
        overlap: Duration::from_secs(10 * 60),
        lag: Duration::from_secs(60),
        // A day less than the platform's ninety, which end while we ask.
        reach: Duration::from_secs(89 * 86_400),
    },
    rate: RateKind::BodyCode,
    calls_per_s: 20,
    test_calls_per_day: 5000,
    store: None,
};

/// One Jinbao app and its promotion position.
struct PinduoduoAffiliate {
    app: gate::App,
    pid: String,
    custom_parameters: Option<String>,
}

fn open(settings: &Map<String, Value>) -> Opened {
    let mut reader = SettingsReader::new(&DESCRIPTOR, settings);
    let app = PinduoduoAffiliate {
        app: gate::App { client_id: reader.text("client_id"), client_secret: reader.secret("client_secret") },
        pid: reader.text("pid"),
        custom_parameters: reader.optional("custom_parameters"),
    };
    if app.custom_parameters.as_ref().is_some_and(|text| text.len() > links::LONGEST_MARK) {
        reader.fault("custom_parameters", "is longer than 64 bytes");
    }
    reader.finish(Box::new(app))
}

/// The item of a page's address: `…?goods_sign=…`; a page without one names goods that only the merchant can ask for.
pub(super) fn item_of(link: &url::Url) -> Option<String> {
    super::links::asked(link, &["goods_sign"])
}

impl Connector for PinduoduoAffiliate {
    fn item_of_link(&self, link: &url::Url) -> Option<String> {
        item_of(link)
    }

    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn app(&self) -> &str {
        &self.app.client_id
    }

    fn position(&self) -> Option<&str> {
        Some(&self.pid)
    }

    fn sign(&self, request: HttpRequest, access: Option<&Access>, now: DateTime<Utc>) -> HttpRequest {
        self.app.sign(request, access, now)
    }

    fn classify(&self, reply: &HttpReply) -> Result<(), ApiError> {
        gate::classify(reply)
    }

    offers!(items, links, filing, commissions);
}
