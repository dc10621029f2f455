//! AREA pickup

pub mod entity;
