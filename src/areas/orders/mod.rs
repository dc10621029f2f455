//! Orders: their lines, amounts and history. Amounts are frozen when an order is placed.
//!
//! Placing one is `flows::checkout`; what moves it on is the flow named after the event.

pub mod by_leader;
pub mod checkouts;
pub mod entity;
pub mod error;
pub mod money;
pub mod progress;
pub mod query;
pub mod rules;
pub mod service;
pub mod state;
