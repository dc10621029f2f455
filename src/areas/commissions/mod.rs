//! AREA commissions

pub mod entity;
pub mod state;
