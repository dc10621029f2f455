//! AREA leaders

pub mod entity;
pub mod state;
