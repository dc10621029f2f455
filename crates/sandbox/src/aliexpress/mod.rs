//! AliExpress: system calls for tokens, business calls behind one address, all signed, all in HTTP 200.
//!
//! The seller methods are those of the legacy solution family.

mod auth;
mod door;
mod goods;
mod orders;
mod pacific;
mod ship;
mod stock;

use actix_web::web;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::rest::fields::Fields;
use crate::state::SandboxState;
use crate::stores::{Store, StoreRef};
use crate::world::World;

/// Adds the pages and gateways.
pub(crate) fn routes(service: &mut web::ServiceConfig) {
    service
        .route("/aliexpress/oauth/authorize", web::get().to(auth::authorise))
        .route("/aliexpress/rest/auth/token/create", web::post().to(auth::create))
        .route("/aliexpress/rest/auth/token/refresh", web::post().to(auth::refresh))
        .route("/aliexpress/sync", web::post().to(door::door));
}

/// A refusal: who is at fault (`ISV` or `ISP`), code and words, and the service's own code and words.
#[derive(Debug)]
struct Refusal {
    kind: &'static str,
    code: &'static str,
    words: String,
    sub: Option<(&'static str, &'static str)>,
}

impl Refusal {
    fn isv(code: &'static str, words: impl Into<String>) -> Self {
        Self { kind: "ISV", code, words: words.into(), sub: None }
    }

    fn parameter(name: &str) -> Self {
        Self::isv("InvalidParameter", format!("The parameter {name} is invalid"))
    }

    fn missing(name: &str) -> Self {
        Self::isv(
            "MissingParameter",
            format!("The input parameter {name} that is mandatory for processing this request is not supplied"),
        )
    }

    /// The service behind the gateway refuses.
    fn service(code: &'static str, words: &'static str) -> Self {
        Self { kind: "ISP", code: "15", words: "Remote service error".to_owned(), sub: Some((code, words)) }
    }
}

/// What a method answers: with a `result` around it or without.
enum Answer {
    Wrapped(Value),
    Bare(Value),
}

/// A verified business call.
struct Call<'a> {
    state: &'a SandboxState,
    fields: &'a Fields,
    of: StoreRef,
}

impl Call<'_> {
    fn store<'w>(&self, world: &'w World) -> Result<&'w Store, Refusal> {
        world.stores.store(&self.of).ok_or_else(|| Refusal::isv("IllegalAccessToken", "The seller is gone"))
    }

    fn needed(&self, name: &str) -> Result<&str, Refusal> {
        self.fields.text(name).ok_or_else(|| Refusal::missing(name))
    }

    /// A parameter that is JSON text.
    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, Refusal> {
        let text = self.needed(name)?;
        serde_json::from_str(text)
            .map_err(|error| Refusal::isv("InvalidParameter", format!("The parameter {name} is invalid: {error}")))
    }
}

/// A list in its wrapper; one row alone stands there without a list, as the platform writes it.
fn list(name: &str, mut rows: Vec<Value>) -> Value {
    let inner = if rows.len() == 1 { rows.swap_remove(0) } else { Value::Array(rows) };
    Value::Object(serde_json::Map::from_iter([(name.to_owned(), inner)]))
}
