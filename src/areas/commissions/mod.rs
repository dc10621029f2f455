//! What leaders earn on order lines: rates, bases, referrals, reversal and release (R-20 … R-30).
//!
//! Knows neither goods nor leaders nor the ledger; they meet in `flows::commission`.

pub mod entity;
pub mod error;
pub mod query;
pub mod rules;
pub mod service;
pub mod state;
