//! JD Union (京东联盟): affiliate goods, links into JD's mini-program, commission lines.
//!
//! One signed gateway; business parameters are one JSON text, answers are JSON inside JSON. Key and
//! secret are enough, no merchant authorises. Facts: marketplaces-cn D.

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
use super::gates::jd as gate;
use super::settings::{SettingKey, SettingsReader};
use super::windows::WindowRules;
use super::{Entry, Opened};

/// The registry's line.
pub const ENTRY: Entry = Entry { descriptor: &DESCRIPTOR, open };

/// The gateway's version of this family.
const VERSION: &str = "1.0";

static DESCRIPTOR: Descriptor = Descriptor {
    id: "jd_affiliate",
    name: "京东联盟",
    platform: "jd",
    default_base: gate::ADDRESS,
    hosts: &[],
    capabilities: Capabilities::ITEMS.and(Capabilities::LINKS).and(Capabilities::COMMISSIONS),
    auth: AuthKind::KeySecretSigned,
    settings: &[
        SettingKey::required("app_key"),
        SettingKey::secret("app_secret"),
        // The registered place of promotion; links used elsewhere earn nothing.
        SettingKey::required("site_id"),
        SettingKey::optional("position_id"),
        // "on" once JD has granted the right to send subUnionId: links then carry the person.
        SettingKey::optional("sub_union_id"),
        // The account's number; no call of ours sends it, but operators note it beside the key.
        SettingKey::optional("union_id"),
        // JD's mini-program and the page in it that takes a link: neither is documented, both may move.
        SettingKey::optional("miniprogram_appid"),
        SettingKey::optional("miniprogram_path"),
    ],
    windows: WindowRules {
        longest: Duration::from_secs(3600),
        overlap: Duration::from_secs(10 * 60),
        lag: Duration::from_secs(60),
        // A day less than the platform's ninety, which end while we ask.
        reach: Duration::from_secs(89 * 86_400),
    },
    rate: RateKind::BodyCode,
    calls_per_s: 10,
    test_calls_per_day: 5000,
    store: None,
};

/// One Union app and its place of promotion.
struct JdAffiliate {
    app: gate::App,
    site_id: String,
    position_id: Option<i64>,
    marks: bool,
    jump: Jump,
}

/// JD's mini-program, to which links lead.
struct Jump {
    app_id: String,
    /// Page and parameter; the encoded link follows.
    page: String,
}

fn open(settings: &Map<String, Value>) -> Opened {
    let mut reader = SettingsReader::new(&DESCRIPTOR, settings);
    let position = reader.optional("position_id");
    let position_id = position.as_ref().and_then(|text| text.parse().ok());
    if position.is_some() && position_id.is_none() {
        reader.fault("position_id", "must be a number");
    }
    let marks = reader.optional("sub_union_id");
    if marks.as_ref().is_some_and(|text| !["on", "off"].contains(&text.as_str())) {
        reader.fault("sub_union_id", "must be on or off");
    }
    let union_id = reader.optional("union_id");
    if union_id.is_some_and(|id| !id.bytes().all(|byte| byte.is_ascii_digit())) {
        reader.fault("union_id", "must be a number");
    }
    let jump = Jump {
        app_id: reader.optional("miniprogram_appid").unwrap_or_else(|| map::APP_ID.to_owned()),
        page: reader.optional("miniprogram_path").unwrap_or_else(|| map::PROXY_PAGE.to_owned()),
    };
    if !jump.app_id.starts_with("wx") {
        reader.fault("miniprogram_appid", "must be an appid: wx and letters and digits");
    }
    if jump.page.starts_with('/') || !jump.page.ends_with('=') {
        reader
            .fault("miniprogram_path", "must be a page without leading / and end in the parameter that takes the link");
    }
    let app = JdAffiliate {
        app: gate::App { app_key: reader.text("app_key"), app_secret: reader.secret("app_secret") },
        site_id: reader.text("site_id"),
        position_id,
        marks: marks.as_deref() == Some("on"),
        jump,
    };
    reader.finish(Box::new(app))
}

/// The item of a page's address: `item.jd.com/….html`, `item.m.jd.com/product/….html`.
pub(super) fn item_of(link: &url::Url) -> Option<String> {
    super::links::number(super::links::last(link))
}

impl Connector for JdAffiliate {
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
        self.app.sign(request, VERSION, access, now)
    }

    fn classify(&self, reply: &HttpReply) -> Result<(), ApiError> {
        gate::classify_union(reply)
    }

    offers!(items, links, commissions);
}
