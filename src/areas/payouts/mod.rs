//! AREA payouts

pub mod entity;
pub mod state;
