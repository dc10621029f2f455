//! Amazon's Selling Partner API: a token a region, sites within it, buckets of calls a operation.
//!
//! One address stands in for the hosts of all regions and of the seller's console. Each site is a store.
//! Reports, feeds and queues are not played.

mod auth;
mod door;
mod listings;
mod orders;
mod ship;
mod sites;

use actix_web::http::StatusCode;
use actix_web::web;
use serde_json::Value;

use crate::rest::fields::Fields;
use crate::state::SandboxState;
use crate::stores::{Store, StorePlatform, StoreRef};
use crate::world::World;

pub(crate) use auth::REFRESH;

/// Adds the pages and APIs.
pub(crate) fn routes(service: &mut web::ServiceConfig) {
    service
        .route("/amazon/apps/authorize/consent", web::get().to(auth::authorise))
        .route("/amazon/auth/o2/token", web::post().to(auth::token))
        .route("/amazon/{api:sellers|listings|orders}/{rest:.*}", web::route().to(door::door));
}

/// A refusal: HTTP status, code, message and details.
#[derive(Debug)]
struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
    details: &'static str,
}

impl Refusal {
    fn input(message: impl Into<String>) -> Self {
        Self { status: 400, code: "InvalidInput", message: message.into(), details: "" }
    }

    fn not_found(message: impl Into<String>) -> Self {
        Self { status: 404, code: "NotFound", message: message.into(), details: "" }
    }

    /// For tokens and for rights alike.
    fn denied(details: &'static str) -> Self {
        Self {
            status: 403,
            code: "Unauthorized",
            message: "Access to requested resource is denied.".to_owned(),
            details,
        }
    }
}

/// A good answer; `null` is none at all.
struct Answer {
    status: StatusCode,
    body: Value,
}

impl Answer {
    fn ok(body: Value) -> Self {
        Self { status: StatusCode::OK, body }
    }
}

type Reply = Result<Answer, Refusal>;

/// A call that is let in.
struct Call<'a> {
    state: &'a SandboxState,
    seller: String,
    /// The region of the one who authorised.
    region: &'static str,
    query: Fields,
    body: &'a [u8],
    now: i64,
}

impl Call<'_> {
    fn only(&self, allowed: &[&str]) -> Result<(), Refusal> {
        match self.query.stranger(allowed) {
            Some(name) => Err(Refusal::input(format!("Unknown parameter {name}"))),
            None => Ok(()),
        }
    }

    /// The store on the site with this id, which must be of the region and sold on.
    fn site(&self, id: &str) -> Result<StoreRef, Refusal> {
        let site = sites::by_id(id).ok_or_else(|| Refusal::input(format!("Invalid marketplace id {id}")))?;
        if site.region != self.region {
            return Err(Refusal::denied("The marketplace belongs to another region."));
        }
        let of = StoreRef::new(StorePlatform::Amazon, self.seller.clone()).on(site.code);
        let world = self.state.world();
        world.stores.store(&of).ok_or_else(|| Refusal::denied("The seller does not sell on this marketplace."))?;
        Ok(of)
    }

    /// The stores of `marketplaceIds`.
    fn sites(&self, most: usize) -> Result<Vec<StoreRef>, Refusal> {
        let ids = self.query.text("marketplaceIds").ok_or_else(|| Refusal::input("marketplaceIds is missing"))?;
        let ids: Vec<&str> = ids.split(',').collect();
        if ids.len() > most {
            return Err(Refusal::input(format!("At most {most} marketplaceIds")));
        }
        ids.into_iter().map(|id| self.site(id)).collect()
    }

    /// The one store of `marketplaceIds`.
    fn the_site(&self) -> Result<StoreRef, Refusal> {
        self.sites(1)?.pop().ok_or_else(|| Refusal::input("marketplaceIds is missing"))
    }

    /// The parts of `includedData`, each of them known.
    fn included(&self, known: &[&str]) -> Result<Vec<String>, Refusal> {
        let parts = self.query.text("includedData").into_iter().flat_map(|parts| parts.split(','));
        let parts: Vec<String> = parts.map(str::to_owned).collect();
        match parts.iter().find(|part| !known.contains(&part.as_str())) {
            Some(part) => Err(Refusal::input(format!("Invalid includedData {part}"))),
            None => Ok(parts),
        }
    }
}

fn store<'w>(world: &'w World, of: &StoreRef) -> Result<&'w Store, Refusal> {
    world.stores.store(of).ok_or_else(|| Refusal::not_found("The store is gone"))
}
