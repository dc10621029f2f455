//! Console users: passwords, one-time codes, sessions, roles, and the log of what they changed.
//!
//! Signing in spends time on purpose and is bounded: that is `flows::operators`.

pub mod audit;
pub mod entity;
pub mod error;
pub mod passwords;
pub mod query;
pub mod role;
pub mod service;
pub mod sessions;
pub mod totp;
