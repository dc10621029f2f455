//! What the leader's pages of the mini-program call: one file per resource.

mod commissions;
mod dashboard;
pub(in crate::api) mod deliveries;
pub(in crate::api) mod orders;
mod redemptions;
mod withdrawals;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route for leaders.
pub fn routes(config: &mut ServiceConfig) {
    config.configure(commissions::routes);
    config.configure(dashboard::routes);
    config.configure(deliveries::routes);
    config.configure(orders::routes);
    config.configure(redemptions::routes);
    config.configure(withdrawals::routes);
}
