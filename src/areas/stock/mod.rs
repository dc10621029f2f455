//! AREA stock

pub mod entity;
pub mod state;
