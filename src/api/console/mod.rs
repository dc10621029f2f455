//! What the operators' console calls: one file per resource.

mod delivery_lists;
mod session;
mod ship;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the console.
pub fn routes(config: &mut ServiceConfig) {
    config.configure(delivery_lists::routes).configure(session::routes).configure(ship::routes);
}
