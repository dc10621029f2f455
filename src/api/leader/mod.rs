//! What the leader's pages of the mini-program call: one file per resource.

mod commissions;
mod dashboard;
pub(in crate::api) mod deliveries;
pub(in crate::api) mod orders;
mod redemptions;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route for leaders.
pub fn routes(config: &mut ServiceConfig) {
    config
        .configure(commissions::routes)
        .configure(dashboard::routes)
        .configure(deliveries::routes)
        .configure(orders::routes)
        .configure(redemptions::routes);
}
