//! AREA deliveries

pub mod entity;
pub mod state;
