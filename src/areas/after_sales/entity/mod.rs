//! The rows of this area's tables; the migration is the truth and a test compares the two.
#![allow(missing_docs, reason = "columns say their name; what a name does not say is documented")]

pub mod ticket;
pub mod ticket_event;
pub mod ticket_line;
