//! AREA goods

pub mod entity;
