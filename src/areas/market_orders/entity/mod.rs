//! The rows of this area's tables; the migration is the truth and a test compares the two.
#![allow(missing_docs, reason = "columns say their name; what a name does not say is documented")]

pub mod carriers;
pub mod event;
pub mod feed;
pub mod line;
pub mod order;
pub mod shipment;
