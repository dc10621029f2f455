//! AREA cart

pub mod entity;
