//! Collecting money and giving it back: payments, refunds and the platform's notifications.
//!
//! This area never talks to the platform: `flows::{prepay, payment_received, close_order, refund}` do.

pub mod billed;
pub mod combinations;
pub mod entity;
pub mod error;
pub mod query;
pub mod refunds;
pub mod remedies;
pub mod service;
pub mod state;
