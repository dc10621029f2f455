//! eBay: consent by a registered name, tokens of two hours, REST with quotas a day, signed notices.
//!
//! Goods are those of the Inventory API. An account's inventory and orders are those of all its sites; a
//! site is a store of its own here, so an item has an offer on each site whose store has its code.

mod auth;
mod door;
mod goods;
mod key;
mod notices;
mod orders;
mod ship;
mod stock;

use actix_web::http::StatusCode;
use actix_web::web;
use serde_json::{Value, json};

use crate::state::SandboxState;
use crate::stores::{Store, StorePlatform};
use crate::world::World;

pub(crate) use key::NoticeKey;
pub(crate) use notices::push;

/// The sites there are.
const SITES: [&str; 19] = [
    "EBAY_US", "EBAY_GB", "EBAY_DE", "EBAY_FR", "EBAY_IT", "EBAY_ES", "EBAY_CA", "EBAY_AU", "EBAY_AT", "EBAY_BE",
    "EBAY_CH", "EBAY_HK", "EBAY_IE", "EBAY_MY", "EBAY_NL", "EBAY_PH", "EBAY_PL", "EBAY_SG", "EBAY_TW",
];

/// Adds the pages and APIs.
pub(crate) fn routes(service: &mut web::ServiceConfig) {
    service
        .route("/ebay/oauth2/authorize", web::get().to(auth::authorise))
        .route("/ebay/identity/v1/oauth2/token", web::post().to(auth::token))
        .route("/ebay/commerce/{rest:.*}", web::route().to(door::door))
        .route("/ebay/sell/{rest:.*}", web::route().to(door::door));
}

/// A refusal: HTTP status, `errorId`, domain, category and words.
#[derive(Debug)]
struct Refusal {
    status: u16,
    id: i64,
    domain: &'static str,
    category: &'static str,
    words: String,
}

impl Refusal {
    fn new(status: u16, id: i64, domain: &'static str, words: impl Into<String>) -> Self {
        Self { status, id, domain, category: "REQUEST", words: words.into() }
    }

    fn business(self) -> Self {
        Self { category: "BUSINESS", ..self }
    }

    fn value(&self) -> Value {
        json!({"errorId": self.id, "domain": self.domain, "category": self.category, "message": self.words,
            "longMessage": self.words})
    }
}

/// A good answer: status, body (nothing where it is `null`), and where what was made is.
struct Answer {
    status: StatusCode,
    body: Value,
    location: Option<String>,
}

impl Answer {
    fn ok(body: Value) -> Self {
        Self { status: StatusCode::OK, body, location: None }
    }
}

type Reply = Result<Answer, Refusal>;

/// A call that is let in.
struct Call<'a> {
    state: &'a SandboxState,
    seller: String,
    query: crate::rest::fields::Fields,
    body: &'a [u8],
    language: Option<String>,
}

impl Call<'_> {
    /// The seller's stores, one a site.
    fn stores<'w>(&self, world: &'w World) -> Vec<&'w Store> {
        world.stores.on(StorePlatform::Ebay).filter(|store| store.of.seller == self.seller).collect()
    }

    fn number(&self, name: &str, preset: i64, least: i64, most: i64) -> Result<usize, Refusal> {
        let number = self.query.number(name, preset, least, most);
        let number =
            number.map_err(|name| Refusal::new(400, 25_706, "API_INVENTORY", format!("Invalid value for {name}")))?;
        Ok(usize::try_from(number).unwrap_or(0))
    }

    fn only(&self, allowed: &[&str]) -> Result<(), Refusal> {
        match self.query.stranger(allowed) {
            Some(name) => Err(Refusal::new(400, 25_706, "API_INVENTORY", format!("Unknown parameter {name}"))),
            None => Ok(()),
        }
    }
}
