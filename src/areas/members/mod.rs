//! Shoppers: who they are, their sessions, tokens and addresses.
//!
//! Signing in is `flows::session`; what a member buys belongs to `orders`.

pub mod addresses;
pub mod entity;
pub mod error;
pub mod query;
pub mod service;
pub mod sessions;
pub mod tokens;
