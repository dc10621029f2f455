//! What the shopper's mini-program calls: one file per resource.

mod categories;
mod goods;
mod home;
mod members;
mod session;
mod shown;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the storefront.
pub fn routes(config: &mut ServiceConfig) {
    config
        .configure(categories::routes)
        .configure(goods::routes)
        .configure(home::routes)
        .configure(members::routes)
        .configure(session::routes);
}
