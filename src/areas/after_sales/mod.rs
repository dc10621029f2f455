//! After-sale tickets: what a member claims, and what came of it.
//!
//! The money a ticket gives back is `flows::after_sale` and `flows::refund`.

pub mod entity;
pub mod error;
pub mod query;
pub mod service;
pub mod state;
