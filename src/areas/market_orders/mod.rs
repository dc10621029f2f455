//! Orders of merchants' stores at the marketplaces: as the platforms tell them, what they take of our
//! stock, and what was sent of them. Their money is settled by the platform: it is shown and never
//! booked here.
//!
//! Owns orders, lines, timelines, parcels, and how far each store's orders have been read. Never calls a
//! marketplace and never moves stock; both happen in `flows::market_orders`.

pub mod entity;
pub mod error;
pub mod feeds;
pub mod query;
pub mod rules;
pub mod service;
pub mod shipments;
pub mod state;
pub mod telling;

pub use error::MarketOrderError;
