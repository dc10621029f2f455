//! What the operators' console calls: one file per resource.

mod explain;
mod imports;
mod ledger;
mod outbox;
mod session;
mod sharing;
mod withdrawals;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the console.
pub fn routes(config: &mut ServiceConfig) {
    config.configure(explain::routes);
    config.configure(imports::routes);
    config.configure(ledger::routes);
    config.configure(outbox::routes);
    config.configure(session::routes);
    config.configure(sharing::routes);
    config.configure(withdrawals::routes);
}
