//! What the shopper's mini-program calls: one file per resource.

mod members;
mod session;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the storefront.
pub fn routes(config: &mut ServiceConfig) {
    config.configure(session::routes).configure(members::routes);
}
