//! What the shopper's mini-program calls: one file per resource.

mod cart;
mod categories;
mod goods;
mod home;
mod members;
mod session;
mod shown;
mod uploads;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the storefront.
pub fn routes(config: &mut ServiceConfig) {
    config
        .configure(cart::routes)
        .configure(categories::routes)
        .configure(goods::routes)
        .configure(home::routes)
        .configure(members::routes)
        .configure(session::routes)
        .configure(uploads::routes);
}
