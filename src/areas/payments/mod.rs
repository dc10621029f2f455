//! AREA payments

pub mod entity;
pub mod state;
