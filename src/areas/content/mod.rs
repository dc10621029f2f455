//! Content that people bring: uploaded pictures and proofs. What one is for is another area's business;
//! here it is announced, received once and found by a name nobody can guess.

pub mod entity;
pub mod error;
pub mod files;
pub mod pictures;
pub mod query;
pub mod service;
pub mod state;

pub use error::UploadError;
