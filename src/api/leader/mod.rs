//! What the leader's pages of the mini-program call: one file per resource.

mod members;
mod poster;
mod verifiers;
mod withdrawals;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route for leaders.
pub fn routes(config: &mut ServiceConfig) {
    config.configure(members::routes);
    config.configure(poster::routes);
    config.configure(verifiers::routes);
    config.configure(withdrawals::routes);
}
