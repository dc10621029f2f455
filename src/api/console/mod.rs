//! What the operators' console calls: one file per resource.

mod categories;
mod goods;
mod goods_body;
mod session;
mod stock;
mod uploads;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the console.
pub fn routes(config: &mut ServiceConfig) {
    config
        .configure(categories::routes)
        .configure(goods::routes)
        .configure(session::routes)
        .configure(stock::routes)
        .configure(uploads::routes);
}
