//! The rows of this area's tables; the migration is the truth and a test compares the two.
#![allow(missing_docs, reason = "columns say their name; what a name does not say is documented")]

pub mod channel;
pub mod drift;
pub mod line;
