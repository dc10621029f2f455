//! Pickup points, verifiers and redemptions.
//!
//! Redeeming a code moves an order: that is `flows::pickup`.

pub mod codes;
pub mod entity;
pub mod error;
pub mod query;
