//! Group leaders: applications, levels, who recommended whom.
//!
//! Approval makes a leader and a pickup point together: that is `flows::leaders`.

pub mod entity;
pub mod error;
pub mod query;
pub mod state;
