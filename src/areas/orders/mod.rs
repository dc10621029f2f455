//! AREA orders

pub mod entity;
pub mod state;
