//! What the shopper's mini-program calls: one file per resource.

mod addresses;
pub(crate) mod after_sale_views;
pub(crate) mod after_sales;
pub(in crate::api) mod balance;
mod cart;
mod categories;
mod checkout;
mod checkouts;
mod confirm_receipt;
pub(super) mod goods;
mod home;
mod leader_applications;
mod links;
mod members;
pub(crate) mod order_views;
mod orders;
mod pickup_code;
mod pickup_points;
pub(in crate::api) mod recharges;
mod session;
pub(super) mod shown;
mod supplier_transfers;
pub(super) mod uploads;

use crate::api::routes::Routes;

/// Every route of the storefront. The router tries them in this order: first what is asked most.
pub fn routes(config: &mut Routes) {
    config.configure(goods::routes);
    config.configure(home::routes);
    config.configure(categories::routes);
    config.configure(cart::routes);
    config.configure(checkout::routes);
    config.configure(checkouts::routes);
    config.configure(orders::routes);
    config.configure(balance::routes);
    config.configure(addresses::routes);
    config.configure(after_sales::routes);
    config.configure(confirm_receipt::routes);
    config.configure(leader_applications::routes);
    config.configure(links::routes);
    config.configure(members::routes);
    config.configure(pickup_code::routes);
    config.configure(pickup_points::routes);
    config.configure(recharges::routes);
    config.configure(session::routes);
    config.configure(supplier_transfers::routes);
    config.configure(uploads::routes);
}
