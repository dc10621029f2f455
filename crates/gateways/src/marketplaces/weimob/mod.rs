//! Weimob (微盟): a store's goods, orders and stock.
//!
//! A store's own app fetches its token for itself; an app of ours is let in by the merchant. One word in
//! the query carries the token; almost every call names the organisation node (`vid`). Facts:
//! marketplaces-global §3. What the sheet could not confirm: numbers of order states and of the time a
//! search goes by, the unit of prices, how messages are signed, the call for shipments. States are
//! therefore unknown until the operator enters them for the account, and shipments are not offered.

mod auth;
mod errors;
mod hooks;
mod items;
mod map;
mod orders;
mod stock;
mod types;

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use super::account::{Access, Account};
use super::connector::{Connector, offers};
use super::error::{ApiError, ErrorClass};
use super::exchange::{HttpReply, HttpRequest};
use super::facts::{
    AccountKind, AuthKind, Capabilities, CursorKind, Descriptor, RateKind, StockRules, StoreFacts, Way,
};
use super::order_states;
use super::settings::{SettingKey, SettingsReader};
use super::windows::WindowRules;
use super::{Entry, Opened};

/// The registry's line.
pub const ENTRY: Entry = Entry { descriptor: &DESCRIPTOR, open };

static DESCRIPTOR: Descriptor = Descriptor {
    id: "weimob",
    name: "微盟",
    platform: "weimob",
    default_base: "https://dopen.weimob.com",
    hosts: &[],
    capabilities: Capabilities::STORE.and(Capabilities::HOOKS),
    auth: AuthKind::ClientCredentials,
    settings: &[SettingKey::required("client_id"), SettingKey::secret("client_secret")],
    windows: WindowRules {
        longest: Duration::from_secs(24 * 3600),
        overlap: Duration::from_secs(10 * 60),
        lag: Duration::from_secs(60),
        reach: Duration::from_secs(89 * 86_400),
    },
    rate: RateKind::BodyCode,
    calls_per_s: 10,
    test_calls_per_day: 5000,
    store: Some(StoreFacts {
        ways: &[
            Way {
                kind: AccountKind::SelfAuthorised,
                auth: AuthKind::ClientCredentials,
                needs: &[
                    SettingKey::required("shop_id"),
                    // business_operation_system_id, or public_account_id on the older cloud.
                    SettingKey::optional("shop_type"),
                    SettingKey::required("vid"),
                    SettingKey::optional(order_states::KEY),
                ],
                pasted: None,
            },
            Way {
                kind: AccountKind::ThirdParty,
                auth: AuthKind::CodeRotatingRefresh,
                needs: &[SettingKey::required("vid"), SettingKey::optional(order_states::KEY)],
                pasted: None,
            },
        ],
        sites: &[],
        cursor: CursorKind::WindowPage,
        stock: StockRules { max_batch: 20, absolute: true, delta: true, applied_later: false },
    }),
};

/// One Weimob app.
struct Weimob {
    client_id: String,
    client_secret: SecretString,
}

fn open(settings: &Map<String, Value>) -> Opened {
    let mut reader = SettingsReader::new(&DESCRIPTOR, settings);
    let app = Weimob { client_id: reader.text("client_id"), client_secret: reader.secret("client_secret") };
    reader.finish(Box::new(app))
}

/// A call of a store's node; it reads unless [`HttpRequest::once`] is said.
fn call(operation: &'static str, account: &Account, mut parameters: Value) -> Result<HttpRequest, ApiError> {
    let vid: Option<i64> = account.text("vid").and_then(|vid| vid.parse().ok());
    let missing = || ApiError::new(ErrorClass::BadConfiguration, "no_vid", "the account names no organisation node");
    let vid = vid.ok_or_else(missing)?;
    if let Some(fields) = parameters.as_object_mut() {
        fields.insert("basicInfo".to_owned(), json!({"vid": vid}));
    }
    Ok(HttpRequest::json(operation, Method::POST, format!("/apigw/weimob_shop/v2.0/{operation}"), &parameters))
}

/// The item of a page's address: `…/goods/detail?goodsId=…`.
pub(super) fn item_of(link: &url::Url) -> Option<String> {
    super::links::number(super::links::asked(link, &["goodsId", "goods_id"]))
}

impl Connector for Weimob {
    fn item_of_link(&self, link: &url::Url) -> Option<String> {
        item_of(link)
    }

    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn app(&self) -> &str {
        &self.client_id
    }

    fn sign(&self, request: HttpRequest, access: Option<&Access>, _: DateTime<Utc>) -> HttpRequest {
        match access {
            Some(access) => request.asking("accesstoken", access.token.expose_secret()),
            None => request,
        }
    }

    fn classify(&self, reply: &HttpReply) -> Result<(), ApiError> {
        errors::classify(reply)
    }

    offers!(auth, store_items, orders, stock, hooks);
}
