//! Stock: how many units of a SKU are free, who holds the others, and what a member may still buy.
//!
//! The database decides. `skus.free` (NULL = unlimited, CHECK >= 0) changes by conditional updates
//! only, and a row of `stock_holds` tells for every (order, SKU) what was taken; reserved units
//! are the live holds. The gate in [`holds`] stands in front and only sheds load; [`reconcile`]
//! keeps it honest. This area never reads orders or goods; checkout, payment, close and refund
//! are flows.

pub mod entity;
pub mod error;
pub mod holds;
pub mod market;
pub mod movements;
pub mod news;
pub mod purchases;
pub mod query;
pub mod reconcile;
pub mod service;
pub mod state;
mod statement;
#[cfg(test)]
mod tests;
pub mod warnings;

pub use error::StockError;
pub use holds::{GateAnswer, Level, StockGate};
