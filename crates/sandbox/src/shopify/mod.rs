//! Shopify: consent on the store's page, tokens of an hour that rotate, GraphQL with its costs.
//!
//! One address stands in for the hosts of all stores: whose a call is, its token says. Bulk operations and
//! subscriptions of messages through the API are not played; messages go to the registered address.

mod door;
mod graphql;
mod hooks;
mod ids;
mod lists;
mod oauth;
mod rows;
mod search;
mod ship;
mod stock;

use actix_web::web;
use serde_json::Value;

use crate::state::SandboxState;
use crate::stores::{ParcelNote, ParcelRefused, Store, StoreOrder, StoreRef};
use crate::world::World;

pub(crate) use hooks::push;
pub(crate) use oauth::{ACCESS, SCOPE};

/// Adds the store's pages and its API.
pub(crate) fn routes(service: &mut web::ServiceConfig) {
    service
        .route("/shopify/admin/oauth/authorize", web::get().to(oauth::authorise))
        .route("/shopify/admin/oauth/access_token", web::post().to(oauth::token))
        .route("/shopify/admin/api/{version}/graphql.json", web::post().to(door::door));
}

/// A call that may read and write a store.
struct Call<'a> {
    state: &'a SandboxState,
    of: StoreRef,
    /// The version it is served in.
    version: String,
    /// Unix seconds, wall time.
    now: i64,
}

/// Why a field has no answer.
#[derive(Debug)]
struct Failure {
    code: &'static str,
    message: String,
}

impl Failure {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    fn bad_id(field: &graphql::Field, id: &str) -> Self {
        let message = format!("Variable $id of type ID! was provided invalid value for {}: {id:?}", field.name);
        Self::new("INVALID_VARIABLE", message)
    }
}

impl Call<'_> {
    fn store<'w>(&self, world: &'w World) -> Result<&'w Store, Failure> {
        world.stores.store(&self.of).ok_or_else(|| Failure::new("SHOP_INACTIVE", "The shop is gone."))
    }

    /// Sends a parcel; the order as it stands afterwards.
    fn ship(&self, id: &str, note: &ParcelNote<'_>) -> Result<Result<StoreOrder, ParcelRefused>, Failure> {
        if let Err(refused) = self.state.store_ships(&self.of, id, note) {
            return Ok(Err(refused));
        }
        let world = self.state.world();
        Ok(self.store(&world)?.orders.get(id).cloned().ok_or(ParcelRefused::NoOrder))
    }
}

/// Rights that a field at the top asks for.
fn right(field: &str) -> Option<&'static str> {
    match field {
        "products" | "product" => Some("read_products"),
        "orders" | "order" => Some("read_orders"),
        "location" | "locations" => Some("read_locations"),
        "inventorySetQuantities" => Some("write_inventory"),
        "fulfillmentCreate" => Some("write_merchant_managed_fulfillment_orders"),
        _ => None,
    }
}

/// Whether what was granted has `right`: a right to write holds the one to read.
fn has_right(granted: &str, right: &str) -> bool {
    let mut rights = granted.split([',', ' ']).map(str::trim);
    rights.any(|one| {
        one == right || right.strip_prefix("read_").is_some_and(|what| one.strip_prefix("write_") == Some(what))
    })
}

/// What a field at the top has.
fn resolve(call: &Call<'_>, field: &graphql::Field) -> Result<Value, Failure> {
    match field.name.as_str() {
        "shop" => {
            let world = call.state.world();
            Ok(rows::shop(call.store(&world)?))
        }
        "location" => match field.arguments.get("id").and_then(Value::as_str) {
            Some(id) if id != ids::gid("Location", rows::LOCATION) => Ok(Value::Null),
            _ => Ok(rows::location()),
        },
        "locations" => Ok(lists::locations()),
        "products" => lists::products(call, field),
        "product" => lists::product(call, field),
        "orders" => lists::orders(call, field),
        "order" => lists::order(call, field),
        "inventorySetQuantities" => stock::set_quantities(call, field),
        "fulfillmentCreate" => ship::create(call, field),
        _ => Ok(Value::Null),
    }
}
