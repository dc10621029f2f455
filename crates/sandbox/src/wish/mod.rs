//! Wish: REST with lists by the last row's key, one order a product line.

mod auth;
mod door;
mod hooks;
mod lists;
mod orders;
mod products;

use actix_web::web;
use serde_json::Value;

use crate::rest::fields::Fields;
use crate::state::SandboxState;
use crate::stores::{Store, StoreRef};
use crate::world::World;

pub(crate) use hooks::push;

/// Adds the page and the API.
pub(crate) fn routes(service: &mut web::ServiceConfig) {
    service
        .route("/wish/v3/oauth/authorize", web::get().to(auth::authorise))
        .route("/wish/api/v3/oauth/access_token", web::route().to(auth::token))
        .route("/wish/api/v3/oauth/refresh_token", web::route().to(auth::token))
        .route("/wish/api/v3/{rest:.*}", web::route().to(door::door));
}

/// A refusal: HTTP status, code and words.
#[derive(Debug)]
struct Refusal(u16, i64, String);

impl Refusal {
    fn parameter(name: &str) -> Self {
        Self(400, 90_001, format!("Invalid parameter: {name}"))
    }

    fn gone(what: &str) -> Self {
        Self(404, 1_002, format!("{what} is not found"))
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
        world.stores.store(&self.of).ok_or_else(|| Refusal(401, 1_008, "The merchant is gone".to_owned()))
    }
}
