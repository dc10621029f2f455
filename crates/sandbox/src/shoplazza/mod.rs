//! 店匠 Shoplazza: a host a store, REST with opaque cursors, messages signed over their body.
//!
//! One address stands in for the hosts of all stores: whose a call is, its token says. Versions from
//! 2025-06 on are played. Paths and members of goods, orders, stock and parcels are unconfirmed.

mod auth;
mod door;
mod goods;
mod hooks;
mod orders;

use actix_web::web;
use serde_json::Value;

use crate::rest::fields::Fields;
use crate::state::SandboxState;
use crate::stores::{Store, StoreRef};
use crate::world::World;

pub(crate) use hooks::push;

/// Adds the store's pages and its API.
pub(crate) fn routes(service: &mut web::ServiceConfig) {
    service
        .route("/shoplazza/admin/oauth/authorize", web::get().to(auth::authorise))
        .route("/shoplazza/admin/oauth/token", web::post().to(auth::token))
        .route("/shoplazza/openapi/{rest:.*}", web::route().to(door::door));
}

/// A refusal: HTTP status, code and words.
#[derive(Debug)]
struct Refusal(u16, &'static str, String);

impl Refusal {
    fn parameter(name: &str) -> Self {
        Self(422, "InvalidParameter", format!("{name} is invalid"))
    }

    fn gone(what: &str) -> Self {
        Self(404, "NotFound", format!("{what} not found"))
    }
}

type Reply = Result<Value, Refusal>;

/// A call that is let in.
struct Call<'a> {
    state: &'a SandboxState,
    of: StoreRef,
    query: Fields,
    body: &'a [u8],
}

impl Call<'_> {
    fn store<'w>(&self, world: &'w World) -> Result<&'w Store, Refusal> {
        world.stores.store(&self.of).ok_or_else(|| Refusal(404, "NotFound", "the store is gone".to_owned()))
    }
}
