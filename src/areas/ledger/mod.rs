//! The books: accounts and balanced journals (docs/rules.md). Knows no other area.
//!
//! Flows draft a journal beside the state change it books; nothing here is ever changed again.

pub mod draft;
pub mod entity;
pub mod error;
pub mod query;
pub mod service;
pub mod state;
pub mod statement;

pub use draft::Draft;
pub use service::Floor;
