//! What the operators' console calls: one file per resource.

mod after_sales;
mod explain;
mod ledger;
mod orders;
mod outbox;
mod refunds;
mod session;
mod sharing;
mod withdrawals;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the console.
pub fn routes(config: &mut ServiceConfig) {
    config.configure(after_sales::routes);
    config.configure(explain::routes);
    config.configure(ledger::routes);
    config.configure(orders::routes);
    config.configure(outbox::routes);
    config.configure(refunds::routes);
    config.configure(session::routes);
    config.configure(sharing::routes);
    config.configure(withdrawals::routes);
}
