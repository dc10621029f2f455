//! One stock pool on every channel: which part of a SKU's free units each store shows, what each store
//! was told, and what it was found to show.
//!
//! `store_skus` is seen here by the columns that concern stock; what else stands in it belongs to the
//! stores. This area never calls a marketplace: flows send, and write here what came of it.

#[allow(clippy::module_inception, reason = "the table of channels is the area's first")]
pub mod channels;
pub mod drifts;
pub mod entity;
pub mod error;
pub mod lines;
pub mod reconciling;
pub mod results;
pub mod rule;
pub mod sales;
pub mod state;
mod statement;
#[cfg(test)]
mod tests;

pub use error::ChannelError;
pub use rule::{PushRule, Share};
