//! What the leader's pages of the mini-program call: one file per resource.

mod withdrawals;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route for leaders.
pub fn routes(config: &mut ServiceConfig) {
    config.configure(withdrawals::routes);
}
