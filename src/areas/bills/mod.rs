//! WeChat Pay's bills held against ours: one run a bill, its lines as they came, what differs as
//! cases, and the fees that bills alone tell.
//!
//! Owns runs, lines, cases and fee bookings, and judges a line beside what the shop has. Never calls
//! the platform and never posts a journal; both happen in `flows::reconcile_bills`.

pub mod cases;
pub mod entity;
pub mod error;
pub mod fees;
pub mod lines;
pub mod rules;
pub mod runs;
pub mod state;

pub use error::BillsError;
