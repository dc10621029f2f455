//! Delivery lists: goods gathered for one leader, on their way, signed for.
//!
//! A list moves the orders on it: that is `flows::deliver`.

pub mod entity;
pub mod error;
pub mod query;
pub mod service;
pub mod state;
