//! Marketplaces as a shop uses them: import runs, what was imported, calls counted against quotas.
//!
//! Owns what is known of the other side; the goods made of it belong to the goods area, and they
//! meet in `flows::import_goods`. Never calls a marketplace.

pub mod entity;
pub mod error;
pub mod exchange;
pub mod mappings;
pub mod pictures;
pub mod prices;
pub mod query;
pub mod quota;
pub mod refusals;
pub mod remote;
pub mod rules;
pub mod service;
pub mod state;
#[cfg(test)]
mod tests;

pub use error::MarketError;
