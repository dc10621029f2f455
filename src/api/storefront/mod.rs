//! What the shopper's mini-program calls: one file per resource.

mod after_sales;
mod checkout;
mod members;
pub(crate) mod order_views;
mod orders;
mod session;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the storefront.
pub fn routes(config: &mut ServiceConfig) {
    config
        .configure(after_sales::routes)
        .configure(checkout::routes)
        .configure(members::routes)
        .configure(orders::routes)
        .configure(session::routes);
}
