//! AREA goods

pub mod entity;
pub mod offers;
