//! What the shopper's mini-program calls: one file per resource.

mod addresses;
mod after_sales;
mod categories;
mod checkout;
mod goods;
mod home;
mod links;
mod members;
pub(crate) mod order_views;
mod orders;
mod pickup_points;
mod session;
mod shown;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the storefront.
pub fn routes(config: &mut ServiceConfig) {
    config
        .configure(after_sales::routes)
        .configure(checkout::routes)
        .configure(members::routes)
        .configure(orders::routes)
        .configure(categories::routes)
        .configure(goods::routes)
        .configure(home::routes)
        .configure(links::routes)
        .configure(addresses::routes)
        .configure(pickup_points::routes)
        .configure(session::routes);
}
