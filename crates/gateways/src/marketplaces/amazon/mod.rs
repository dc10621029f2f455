//! Amazon's Selling Partner API: regions with hosts of their own, sites within them, one token a region.
//!
//! Calls carry a token and no signature. Stock is taken in and applied later; orders name their own
//! watermark and may be asked for once in three minutes. Facts: marketplaces-global 8.

mod auth;
mod errors;
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
    AccountKind, AuthKind, Capabilities, CursorKind, Descriptor, RateKind, Site, StockRules, StoreFacts, Way,
};
use super::settings::{SettingKey, SettingsReader};
use super::windows::WindowRules;
use super::{Entry, Opened};

/// The registry's line.
pub const ENTRY: Entry = Entry { descriptor: &DESCRIPTOR, open };

/// Where tokens are had, for all regions.
const TOKENS: &str = "https://api.amazon.com";
/// How we name ourselves; the platform wants it.
const AGENT: &str = "Tuanqiao/1 (Language=Rust)";

static DESCRIPTOR: Descriptor = Descriptor {
    id: "amazon",
    name: "Amazon",
    platform: "amazon",
    default_base: "https://sellingpartnerapi-na.amazon.com",
    hosts: &[],
    capabilities: Capabilities::STORE.and(Capabilities::SHIP).and(Capabilities::PARTS),
    auth: AuthKind::CodeFixedRefresh,
    settings: &[
        SettingKey::required("client_id"),
        SettingKey::secret("client_secret"),
        // Of the app in the seller's console; merchants who authorise themselves need none.
        SettingKey::optional("application_id"),
        // "on" while the app is not published yet.
        SettingKey::optional("draft"),
    ],
    windows: WindowRules {
        longest: Duration::from_secs(7 * 86_400),
        overlap: Duration::from_secs(5 * 60),
        lag: Duration::from_secs(2 * 60),
        reach: Duration::from_secs(700 * 86_400),
    },
    rate: RateKind::TokenBucket,
    calls_per_s: 5,
    test_calls_per_day: 5000,
    store: Some(StoreFacts {
        ways: &[
            Way { kind: AccountKind::ThirdParty, auth: AuthKind::CodeFixedRefresh, needs: &[], pasted: None },
            Way {
                kind: AccountKind::SelfAuthorised,
                auth: AuthKind::PastedLongLived,
                needs: &[SettingKey::required("seller_id")],
                pasted: Some("refresh_token"),
            },
        ],
        sites: sites::SITES,
        cursor: CursorKind::WindowOpaque,
        stock: StockRules { max_batch: 1, absolute: true, delta: false, applied_later: true },
    }),
};

/// One app.
struct Amazon {
    client_id: String,
    client_secret: SecretString,
    application_id: Option<String>,
    draft: bool,
}

fn open(settings: &Map<String, Value>) -> Opened {
    let mut reader = SettingsReader::new(&DESCRIPTOR, settings);
    let draft = reader.optional("draft");
    if draft.as_ref().is_some_and(|text| !["on", "off"].contains(&text.as_str())) {
        reader.fault("draft", "must be on or off");
    }
    let app = Amazon {
        client_id: reader.text("client_id"),
        client_secret: reader.secret("client_secret"),
        application_id: reader.optional("application_id"),
        draft: draft.as_deref() == Some("on"),
    };
    reader.finish(Box::new(app))
}

impl Amazon {
    /// The account's site, without which no call is possible.
    fn site(&self, account: &Account) -> Result<&'static Site, ApiError> {
        account.site_of(self).ok_or_else(|| ApiError::bad_request("the account has no site"))
    }

    /// A question to the region of the account's site.
    fn ask(&self, request: HttpRequest, account: &Account) -> Result<HttpRequest, ApiError> {
        Ok(request.at(Host::Own(sites::endpoint(self.site(account)?).to_owned())))
    }
}

impl Connector for Amazon {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn app(&self) -> &str {
        &self.client_id
    }

    fn sign(&self, request: HttpRequest, access: Option<&Access>, now: DateTime<Utc>) -> HttpRequest {
        let request =
            request.header("user-agent", AGENT).header("x-amz-date", now.format("%Y%m%dT%H%M%SZ").to_string());
        match access {
            Some(access) => request.header("x-amz-access-token", access.token.expose_secret()),
            None => request,
        }
    }

    fn classify(&self, reply: &HttpReply) -> Result<(), ApiError> {
        errors::classify(reply)
    }

    offers!(auth, store_items, orders, stock, ship);
}
