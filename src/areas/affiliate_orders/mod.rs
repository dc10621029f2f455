//! What marketplaces sold through our links: order lines as they tell them, what a settled one earns
//! us, and the leader's part of it (domain.md §7). Nothing is sold, paid or refunded here.
//!
//! Owns lines, their bookings, and how far each marketplace's lines have been read. Never calls a
//! marketplace and never posts a journal; both happen in `flows::affiliate_orders`.

pub mod channels;
pub mod entity;
pub mod error;
pub mod feeds;
pub mod query;
pub mod rules;
pub mod service;
pub mod state;

pub use error::AffiliateError;
