//! The rows of this area's tables; the migration is the truth and a test compares the two.
#![allow(missing_docs, reason = "columns say their name; what a name does not say is documented")]

pub mod combination;
pub mod notice;
pub mod payment;
pub mod refund;
pub mod refund_line;
pub mod remedy;
