//! What the shopper's mini-program calls: one file per resource.

mod addresses;
mod after_sales;
mod cart;
mod categories;
mod checkout;
pub(super) mod goods;
mod home;
mod members;
pub(crate) mod order_views;
mod orders;
mod pickup_points;
mod session;
mod shown;
pub(super) mod uploads;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the storefront.
pub fn routes(config: &mut ServiceConfig) {
    config
        .configure(addresses::routes)
        .configure(after_sales::routes)
        .configure(cart::routes)
        .configure(categories::routes)
        .configure(checkout::routes)
        .configure(goods::routes)
        .configure(home::routes)
        .configure(members::routes)
        .configure(orders::routes)
        .configure(pickup_points::routes)
        .configure(session::routes)
        .configure(uploads::routes);
}
