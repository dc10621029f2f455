//! Paying leaders: withdrawals and their transfers, and profit sharing of paid orders.
//!
//! This area keeps rows and rules. It never talks to WeChat Pay and books nothing: the flows are
//! `flows/payout.rs` and `flows/profit_sharing.rs`.

pub mod accounts;
pub mod batches;
pub mod billed;
pub mod entity;
pub mod error;
pub mod identities;
pub mod payee;
pub mod query;
pub mod removals;
pub mod requests;
pub mod results;
pub mod returns;
pub mod rules;
pub mod service;
pub mod sharings;
pub mod state;
pub mod tax;
pub mod transfers;

pub use error::PayoutError;
