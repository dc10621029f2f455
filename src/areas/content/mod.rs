//! AREA content

pub mod entity;
