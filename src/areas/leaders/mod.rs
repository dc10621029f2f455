//! Group leaders: applications, levels, who recommended whom, who receives their shares.
//!
//! Approval makes a leader and a pickup point together: that is `flows::leaders`.

pub mod applications;
pub mod entity;
pub mod error;
pub mod levels;
pub mod query;
pub mod receiver;
pub mod service;
pub mod state;
