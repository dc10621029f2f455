//! What the operators' console calls: one file per resource.

mod affiliate_orders;
mod after_sales;
mod bills;
mod categories;
mod complaint_pictures;
mod complaints;
mod delivery_lists;
mod explain;
mod goods;
mod goods_body;
mod imports;
mod leader_applications;
mod leader_levels;
mod leaders;
pub(in crate::api) mod ledger;
mod market_channels;
mod member_balance;
mod members;
mod operators;
mod orders;
mod outbox;
mod payout_batches;
mod pickup_points;
mod receivers;
mod recharges;
mod refund_remedies;
mod refunds;
mod session;
mod settings;
mod sharing;
mod ship;
mod stock;
mod stuck_money;
mod supplier_payees;
mod supplier_statements;
mod supplier_views;
mod suppliers;
mod tax;
mod uploads;
mod withdrawals;

use crate::api::routes::Routes;

/// Every route of the console.
pub fn routes(config: &mut Routes) {
    config.configure(affiliate_orders::routes);
    config.configure(after_sales::routes);
    config.configure(bills::routes);
    config.configure(categories::routes);
    config.configure(complaints::routes).configure(complaint_pictures::routes);
    // Before orders: its overdue list lies among them.
    config.configure(delivery_lists::routes);
    config.configure(explain::routes);
    config.configure(goods::routes);
    config.configure(imports::routes);
    config.configure(leader_applications::routes);
    config.configure(leader_levels::routes);
    config.configure(leaders::routes);
    config.configure(ledger::routes);
    config.configure(market_channels::routes);
    config.configure(member_balance::routes);
    config.configure(members::routes);
    config.configure(operators::routes);
    config.configure(orders::routes);
    config.configure(outbox::routes);
    config.configure(payout_batches::routes);
    config.configure(pickup_points::routes);
    config.configure(recharges::routes);
    config.configure(refund_remedies::routes);
    config.configure(refunds::routes);
    config.configure(session::routes);
    config.configure(settings::routes);
    config.configure(sharing::routes);
    config.configure(ship::routes);
    config.configure(stock::routes);
    config.configure(stuck_money::routes);
    config.configure(supplier_statements::routes);
    config.configure(supplier_views::routes);
    config.configure(suppliers::routes).configure(supplier_payees::routes);
    config.configure(tax::routes);
    config.configure(uploads::routes);
    config.configure(withdrawals::routes);
}
