//! What the shopper's mini-program calls: one file per resource.

mod addresses;
mod leader_applications;
mod members;
mod pickup_points;
mod session;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the storefront.
pub fn routes(config: &mut ServiceConfig) {
    config
        .configure(addresses::routes)
        .configure(leader_applications::routes)
        .configure(members::routes)
        .configure(pickup_points::routes)
        .configure(session::routes);
}
