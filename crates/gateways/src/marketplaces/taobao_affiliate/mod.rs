//! Taobao affiliate (淘宝客, Alimama) on the TOP gateway: material search, password links (淘口令),
//! commission lines.
//!
//! The `tbk.dg` family: an own account, no session. A mini-program cannot open Taobao, so a link is a
//! text to copy. Facts: marketplaces-cn C.

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
use super::gates::taobao as gate;
use super::settings::{SettingKey, SettingsReader};
use super::windows::WindowRules;
use super::{Entry, Opened};

/// The registry's line.
pub const ENTRY: Entry = Entry { descriptor: &DESCRIPTOR, open };

static DESCRIPTOR: Descriptor = Descriptor {
    id: "taobao_affiliate",
    name: "淘宝客",
    platform: "taobao",
    default_base: gate::ADDRESS,
    hosts: &[],
    capabilities: Capabilities::ITEMS.and(Capabilities::LINKS).and(Capabilities::COMMISSIONS),
    auth: AuthKind::KeySecretSigned,
    settings: &[
        SettingKey::required("app_key"),
        SettingKey::secret("app_secret"),
        // The last part of the position's pid; either of the two must be there.
        SettingKey::optional("adzone_id"),
        // The part before it; no call of this family sends it, but it tells the operator which
        // filed media the position belongs to.
        SettingKey::optional("site_id"),
        // The whole, as the console shows it: mm_<member>_<site>_<adzone>.
        SettingKey::optional("pid"),
        SettingKey::optional("sign_method"),
    ],
    windows: WindowRules {
        longest: Duration::from_secs(3 * 3600),
        overlap: Duration::from_secs(15 * 60),
        lag: Duration::from_secs(60),
        // A day less than the platform's ninety, which end while we ask.
        reach: Duration::from_secs(89 * 86_400),
    },
    rate: RateKind::BodyCode,
    calls_per_s: 20,
    test_calls_per_day: 5000,
    store: None,
};

/// One TOP app and its promotion position.
struct TaobaoAffiliate {
    app: gate::App,
    adzone_id: String,
}

fn open(settings: &Map<String, Value>) -> Opened {
    let mut reader = SettingsReader::new(&DESCRIPTOR, settings);
    let app = TaobaoAffiliate { app: gate::App::read(&mut reader), adzone_id: position(&mut reader) };
    reader.finish(Box::new(app))
}

/// The adzone, from its own key or from the pid; where both are there they must agree.
fn position(reader: &mut SettingsReader<'_>) -> String {
    let pid = reader.optional("pid");
    let [site_of_pid, adzone_of_pid] =
        pid.as_deref().and_then(parts_of_pid).map_or([None, None], |parts| parts.map(Some));
    if pid.is_some() && adzone_of_pid.is_none() {
        reader.fault("pid", "must be mm_<member>_<site>_<adzone>");
    }
    let mut part = |name: &str, of_pid: Option<&str>| {
        let given = reader.optional(name);
        if given.as_ref().is_some_and(|text| !is_number(text)) {
            reader.fault(name, "must be a number: a part of mm_<member>_<site>_<adzone>");
        } else if let (Some(given), Some(of_pid)) = (&given, of_pid)
            && given != of_pid
        {
            reader.fault(name, "differs from the one in pid");
        }
        given.or_else(|| of_pid.map(str::to_owned))
    };
    part("site_id", site_of_pid);
    let adzone = part("adzone_id", adzone_of_pid);
    if adzone.is_none() && pid.is_none() {
        reader.fault("adzone_id", "is missing or empty; pid holds it too");
    }
    adzone.unwrap_or_default()
}

fn parts_of_pid(pid: &str) -> Option<[&str; 2]> {
    let mut parts = pid.strip_prefix("mm_")?.split('_');
    let (member, site, adzone) = (parts.next()?, parts.next()?, parts.next()?);
    let whole = parts.next().is_none() && [member, site, adzone].into_iter().all(is_number);
    whole.then_some([site, adzone])
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The item of a page's address: `item.taobao.com/item.htm?id=…`, `detail.tmall.com/item.htm?id=…`.
pub(super) fn item_of(link: &url::Url) -> Option<String> {
    super::links::asked(link, &["id", "item_id"])
}

impl Connector for TaobaoAffiliate {
    fn item_of_link(&self, link: &url::Url) -> Option<String> {
        item_of(link)
    }

    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn app(&self) -> &str {
        &self.app.app_key
    }

    fn position(&self) -> Option<&str> {
        Some(&self.adzone_id)
    }

    fn sign(&self, request: HttpRequest, access: Option<&Access>, now: DateTime<Utc>) -> HttpRequest {
        self.app.sign(request, access, now)
    }

    fn classify(&self, reply: &HttpReply) -> Result<(), ApiError> {
        gate::classify(reply)
    }

    offers!(items, links, commissions);
}
