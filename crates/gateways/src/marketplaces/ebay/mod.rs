//! eBay: REST, consent by a registered name instead of an address, quotas a day, a notice that must be taken.
//!
//! Goods are those of the Inventory API. Listings made by hand are moved there once at the platform
//! (`bulk_migrate_listing`); until then they are not seen. Facts: marketplaces-global 9.

mod auth;
mod errors;
mod hooks;
mod items;
mod map;
mod orders;
mod ship;
mod sites;
mod stock;
mod types;

use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::account::{Access, Account};
use super::connector::{Connector, offers};
use super::error::ApiError;
use super::exchange::{Host, HttpReply, HttpRequest};
use super::facts::{
    AccountKind, AuthKind, Capabilities, CursorKind, Descriptor, RateKind, StockRules, StoreFacts, Way,
};
use super::settings::{SettingKey, SettingsReader};
use super::windows::WindowRules;
use super::{Entry, Opened};

/// The registry's line.
pub const ENTRY: Entry = Entry { descriptor: &DESCRIPTOR, open };

/// What we ask a merchant for, unless the settings say otherwise.
const SCOPE: &str = "https://api.ebay.com/oauth/api_scope/sell.fulfillment \
                     https://api.ebay.com/oauth/api_scope/sell.inventory \
                     https://api.ebay.com/oauth/api_scope/commerce.identity.readonly";

static DESCRIPTOR: Descriptor = Descriptor {
    id: "ebay",
    name: "eBay",
    platform: "ebay",
    default_base: "https://api.ebay.com",
    hosts: &[],
    capabilities: Capabilities::STORE.and(Capabilities::SHIP).and(Capabilities::PARTS).and(Capabilities::HOOKS),
    auth: AuthKind::CodeFixedRefresh,
    settings: &[
        SettingKey::required("client_id"),
        SettingKey::secret("client_secret"),
        // The registered name of our addresses; stands where others have an address.
        SettingKey::required("ru_name"),
        // Proves our address for notices of deleted accounts.
        SettingKey::optional("verification_token"),
        SettingKey::optional("scope"),
        // "sandbox" has keys and hosts of its own.
        SettingKey::optional("environment"),
    ],
    windows: WindowRules {
        longest: Duration::from_secs(7 * 86_400),
        overlap: Duration::from_secs(5 * 60),
        lag: Duration::from_secs(2 * 60),
        reach: Duration::from_secs(89 * 86_400),
    },
    rate: RateKind::Daily,
    calls_per_s: 10,
    test_calls_per_day: 5000,
    store: Some(StoreFacts {
        ways: &[Way { kind: AccountKind::ThirdParty, auth: AuthKind::CodeFixedRefresh, needs: &[], pasted: None }],
        sites: sites::SITES,
        cursor: CursorKind::WindowOffset,
        stock: StockRules { max_batch: 25, absolute: true, delta: false, applied_later: false },
    }),
};

/// One set of keys.
struct Ebay {
    client_id: String,
    client_secret: SecretString,
    ru_name: String,
    verification_token: Option<String>,
    scope: String,
    /// What the environment puts into every host.
    sandbox: bool,
}

fn open(settings: &Map<String, Value>) -> Opened {
    let mut reader = SettingsReader::new(&DESCRIPTOR, settings);
    let environment = reader.optional("environment").unwrap_or_else(|| "production".to_owned()).to_lowercase();
    if !["production", "sandbox"].contains(&environment.as_str()) {
        reader.fault("environment", "must be production or sandbox");
    }
    let verification_token = reader.optional("verification_token");
    let fits = |token: &String| {
        (32..=80).contains(&token.len())
            && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    };
    if verification_token.as_ref().is_some_and(|token| !fits(token)) {
        reader.fault("verification_token", "must be 32 to 80 letters, digits, - and _");
    }
    let app = Ebay {
        client_id: reader.text("client_id"),
        client_secret: reader.secret("client_secret"),
        ru_name: reader.text("ru_name"),
        verification_token,
        scope: reader.optional("scope").unwrap_or_else(|| SCOPE.to_owned()),
        sandbox: environment == "sandbox",
    };
    reader.finish(Box::new(app))
}

impl Ebay {
    /// One of the platform's hosts: `api`, `auth`, `apiz`.
    fn host(&self, name: &str) -> Host {
        match (name, self.sandbox) {
            ("api", false) => Host::Base,
            (name, false) => Host::Own(format!("https://{name}.ebay.com")),
            (name, true) => Host::Own(format!("https://{name}.sandbox.ebay.com")),
        }
    }

    /// A question to the API, for the account's site.
    fn ask(&self, request: HttpRequest, account: &Account) -> HttpRequest {
        let request = request.at(self.host("api"));
        match account.site_of(self) {
            Some(site) => request.header("x-ebay-c-marketplace-id", site.external_id),
            None => request,
        }
    }
}

impl Connector for Ebay {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn app(&self) -> &str {
        &self.client_id
    }

    fn sign(&self, request: HttpRequest, access: Option<&Access>, _: DateTime<Utc>) -> HttpRequest {
        let request = request.header("accept", "application/json");
        match access {
            Some(access) => request.header("authorization", format!("Bearer {}", access.token.expose_secret())),
            None => request,
        }
    }

    fn classify(&self, reply: &HttpReply) -> Result<(), ApiError> {
        errors::classify(reply)
    }

    offers!(auth, store_items, orders, stock, ship, hooks);
}
