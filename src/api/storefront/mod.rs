//! What the shopper's mini-program calls: one file per resource.

mod confirm_receipt;
mod members;
mod pickup_code;
mod session;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the storefront.
pub fn routes(config: &mut ServiceConfig) {
    config
        .configure(confirm_receipt::routes)
        .configure(members::routes)
        .configure(pickup_code::routes)
        .configure(session::routes);
}
