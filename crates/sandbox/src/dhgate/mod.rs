//! DHgate (敦煌网): OAuth at one host, at another one gateway without signatures.
//!
//! The official pages are not to be had. Field names of single orders and items are those that public
//! clients use; stock is not written, since only rewriting whole items is known.

mod auth;
mod door;
mod goods;
mod orders;
mod ship;

use actix_web::web;
use serde_json::{Value, json};

use crate::clock::parse_beijing;
use crate::rest::fields::Fields;
use crate::state::SandboxState;
use crate::stores::{Store, StoreRef};
use crate::world::World;

/// Adds the pages and the gateway.
pub(crate) fn routes(service: &mut web::ServiceConfig) {
    service
        .route("/dhgate/dop/oauth2/authorize", web::get().to(auth::authorise))
        .route("/dhgate/dop/oauth2/access_token", web::post().to(auth::token))
        .route("/dhgate/dop/router", web::post().to(door::door));
}

/// A refusal.
#[derive(Debug)]
enum Refusal {
    /// Of the gateway: code and words.
    Gate(&'static str, String),
    /// Of a method: code, words, and what to do.
    Method(&'static str, String, String),
}

impl Refusal {
    /// A parameter that is missing or wrong.
    fn parameter(name: &str) -> Self {
        Self::Method("109", "parameter error".to_owned(), format!("check {name}"))
    }
}

/// What a method answers beside its status.
type Reply = Result<Value, Refusal>;

/// A call that is let in.
struct Call<'a> {
    state: &'a SandboxState,
    fields: &'a Fields,
    of: StoreRef,
}

impl Call<'_> {
    fn store<'w>(&self, world: &'w World) -> Result<&'w Store, Refusal> {
        world.stores.store(&self.of).ok_or_else(|| Refusal::Gate("40", "access token expired or not exist".to_owned()))
    }

    fn needed(&self, name: &str) -> Result<&str, Refusal> {
        self.fields.text(name).ok_or_else(|| Refusal::parameter(name))
    }

    fn moment(&self, name: &str) -> Result<i64, Refusal> {
        parse_beijing(self.needed(name)?).ok_or_else(|| Refusal::parameter(name))
    }

    fn number(&self, name: &str, preset: i64, least: i64, most: i64) -> Result<usize, Refusal> {
        let number = self.fields.number(name, preset, least, most).map_err(|name| Refusal::parameter(&name))?;
        Ok(usize::try_from(number).unwrap_or(0))
    }
}

/// The status of a good answer.
fn good() -> Value {
    json!({"code": "00000000", "message": "OK", "solution": null, "subErrors": []})
}
