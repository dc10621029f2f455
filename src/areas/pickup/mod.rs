//! Pickup points, verifiers and redemptions.
//!
//! Redeeming a code moves an order: that is `flows::pickup`. A point is open when its own switch is
//! on and its leader serves; who changes either keeps `open` in step.

pub mod codes;
pub mod entity;
pub mod error;
pub mod nearby;
pub mod query;
pub mod redemptions;
pub mod service;
