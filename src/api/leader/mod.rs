//! What the leader's pages of the mini-program call: one file per resource.

mod affiliate_commissions;
mod after_sales;
mod commissions;
mod dashboard;
pub(in crate::api) mod deliveries;
mod members;
pub(in crate::api) mod orders;
mod payout_accounts;
mod poster;
mod redemptions;
mod statement;
mod verifiers;
pub(in crate::api) mod withdrawals;

use crate::api::routes::Routes;

/// Every route for leaders.
pub fn routes(config: &mut Routes) {
    config.configure(affiliate_commissions::routes);
    config.configure(after_sales::routes);
    config.configure(commissions::routes);
    config.configure(dashboard::routes);
    config.configure(deliveries::routes);
    config.configure(members::routes);
    config.configure(orders::routes);
    config.configure(payout_accounts::routes);
    config.configure(poster::routes);
    config.configure(redemptions::routes);
    config.configure(statement::routes);
    config.configure(verifiers::routes);
    config.configure(withdrawals::routes);
}
