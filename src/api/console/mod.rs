//! What the operators' console calls: one file per resource.

mod delivery_lists;
mod explain;
mod ledger;
mod outbox;
mod session;
mod sharing;
mod ship;
mod withdrawals;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the console.
pub fn routes(config: &mut ServiceConfig) {
    config.configure(delivery_lists::routes);
    config.configure(explain::routes);
    config.configure(ledger::routes);
    config.configure(outbox::routes);
    config.configure(session::routes);
    config.configure(sharing::routes);
    config.configure(ship::routes);
    config.configure(withdrawals::routes);
}
