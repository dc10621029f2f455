//! Merchants' stores at the marketplaces, as shops have bound them: who may act for which store with
//! which tokens, and what is listed there of which SKU of ours.
//!
//! Tokens are sealed by the caller for [`service::tokens_place`]; this area never opens them and never
//! calls a marketplace.

pub mod consents;
pub mod entity;
pub mod error;
pub mod hints;
pub mod notices;
pub mod operators;
pub mod query;
pub mod service;
pub mod skus;
pub mod state;
pub mod tokens;

pub use error::StoreError;
