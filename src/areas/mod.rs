//! Our tables and rules, one folder an area. An area never imports another: they meet in flows.

pub mod affiliate_orders;
pub mod after_sales;
pub mod balances;
pub mod bills;
pub mod cart;
pub mod commissions;
pub mod complaints;
pub mod content;
pub mod deliveries;
pub mod goods;
pub mod leaders;
pub mod ledger;
pub mod market_accounts;
pub mod members;
pub mod operators;
pub mod orders;
pub mod payments;
pub mod payouts;
pub mod pickup;
pub mod recharges;
pub mod reports;
pub mod shipping;
pub mod shops;
pub mod stock;
pub mod stores;
pub mod suppliers;
