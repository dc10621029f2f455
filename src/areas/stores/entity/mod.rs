//! The rows of this area's tables; the migration is the truth and a test compares the two.
#![allow(missing_docs, reason = "columns say their name; what a name does not say is documented")]

pub mod store;
pub mod store_consent;
pub mod store_hint;
pub mod store_notice;
pub mod store_operator;
pub mod store_sku;
