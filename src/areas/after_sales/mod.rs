//! After-sale tickets: what a member claims of which line, and where the claim stands.

pub mod entity;
pub mod query;
pub mod state;
