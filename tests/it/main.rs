//! The whole product in process, over HTTP, against its own stand-in of every platform.
//!
//! A test is written once and runs on both set-ups, see [`on_both`].
#![allow(dead_code, reason = "intentions of the harness are there before every test that will use them")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[macro_use]
mod setup;
mod answer;
mod app;
mod shop_floor;
mod shopper;
mod trade;

mod abnormal_refunds;
mod affiliate_orders;
mod after_sales;
mod attempts;
mod bans;
mod bills;
mod bodies;
mod bridge_day;
mod calls;
mod cart;
mod catalogue;
mod channels;
mod codes;
mod combined;
mod complaints;
mod console_session;
mod contract;
mod cut_off;
mod delivery;
mod funds;
mod fuzz;
mod imports;
mod json_schema;
mod key_changes;
mod kill;
mod kill_carts;
mod late_notices;
mod layers;
mod leader_change;
mod leader_levels;
mod leaders;
mod market_orders;
mod member_balance;
mod members;
mod methods;
mod money_walk;
mod notices;
mod order_details;
mod orders;
mod own_imports;
mod pace;
mod partner;
mod payments;
mod payout_sheets;
mod payouts;
mod pickup_points;
mod platform_keys;
mod problems;
mod processes;
mod races;
mod recharges;
mod refund_edges;
mod refunds;
mod schema;
mod session;
mod settings;
mod sharing;
mod sharing_returns;
mod sharing_scene;
mod shipping;
mod shipping_of_recharges;
mod stock_taken;
mod stores;
mod story;
mod supplier_money;
mod supplier_statements;
mod supplier_transfers;
mod suppliers;
mod upkeep;
mod uploads;
mod wechat_messages;
