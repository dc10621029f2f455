//! Taobao affiliate (淘宝客, Alimama) on the TOP gateway: material search, password links (淘口令),
//! commission lines.
//!
//! The `tbk.dg` family: an own account, no session. A mini-program cannot open Taobao, so a link is a
//! text to copy. Facts: marketplaces-cn C.

mod errors;
mod items;
mod links;
mod map;
mod orders;
pub mod sign;
mod types;

use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::connector::{CommissionSource, Connector, ItemSource, LinkSource};
use super::error::ApiError;
use super::exchange::{Body, HttpReply, HttpRequest};
use super::model::Access;
use super::settings::{SettingKey, SettingsReader};
use super::windows::WindowRules;
use super::{AuthKind, Capabilities, Descriptor, Entry, Opened, times};
use sign::SignMethod;

/// The registry's line.
pub const ENTRY: Entry = Entry { descriptor: &DESCRIPTOR, open };

static DESCRIPTOR: Descriptor = Descriptor {
    id: "taobao_affiliate",
    name: "淘宝客",
    platform: "taobao",
    default_base: "https://eco.taobao.com/router/rest",
    capabilities: Capabilities::ITEMS.and(Capabilities::LINKS).and(Capabilities::COMMISSIONS),
    auth: AuthKind::KeySecretSigned,
    settings: &[
        SettingKey::required("app_key"),
        SettingKey::secret("app_secret"),
        SettingKey::required("adzone_id"),
        // The second part of the position's pid; no call of this family sends it, but it tells the
        // operator which filed media the position belongs to.
        SettingKey::optional("site_id"),
        SettingKey::optional("sign_method"),
    ],
    windows: WindowRules {
        longest: Duration::from_secs(3 * 3600),
        overlap: Duration::from_secs(15 * 60),
        lag: Duration::from_secs(60),
        // A day less than the platform's ninety, which end while we ask.
        reach: Duration::from_secs(89 * 86_400),
    },
    calls_per_s: 20,
    test_calls_per_day: 5000,
};

/// One TOP app and its promotion position.
struct TaobaoAffiliate {
    app_key: String,
    app_secret: SecretString,
    adzone_id: String,
    sign_method: SignMethod,
}

fn open(settings: &Map<String, Value>) -> Opened {
    let mut reader = SettingsReader::new(&DESCRIPTOR, settings);
    let method = reader.optional("sign_method").unwrap_or_else(|| "md5".to_owned());
    let sign_method = SignMethod::parse(&method).unwrap_or_else(|| {
        reader.fault("sign_method", "must be md5, hmac or hmac-sha256");
        SignMethod::Md5
    });
    let app = TaobaoAffiliate {
        app_key: reader.text("app_key"),
        app_secret: reader.secret("app_secret"),
        adzone_id: reader.text("adzone_id"),
        sign_method,
    };
    let site_id = reader.optional("site_id").unwrap_or_default();
    for (name, value) in [("adzone_id", &app.adzone_id), ("site_id", &site_id)] {
        if !value.bytes().all(|byte| byte.is_ascii_digit()) {
            reader.fault(name, "must be a number: a part of mm_<member>_<site>_<adzone>");
        }
    }
    reader.finish(Box::new(app))
}

impl Connector for TaobaoAffiliate {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn app(&self) -> &str {
        &self.app_key
    }

    fn position(&self) -> Option<&str> {
        Some(&self.adzone_id)
    }

    fn sign(&self, request: HttpRequest, access: Option<&Access>, now: DateTime<Utc>) -> HttpRequest {
        let operation = request.operation;
        let session = access.map(|access| access.token.expose_secret());
        let mut request = request
            .with("method", operation)
            .with("app_key", &self.app_key)
            .with("timestamp", times::beijing_text(now))
            .with("v", "2.0")
            // The gateway's own default is XML.
            .with("format", "json")
            .with("sign_method", self.sign_method.name())
            .with_some("session", session);
        if let Body::Form(fields) = &mut request.body {
            let signature = self.sign_method.sign(fields, self.app_secret.expose_secret());
            fields.insert("sign".to_owned(), signature);
        }
        request
    }

    fn classify(&self, reply: &HttpReply) -> Result<(), ApiError> {
        errors::classify(reply)
    }

    fn items(&self) -> Option<&dyn ItemSource> {
        Some(self)
    }

    fn links(&self) -> Option<&dyn LinkSource> {
        Some(self)
    }

    fn commissions(&self) -> Option<&dyn CommissionSource> {
        Some(self)
    }
}
