//! AREA operators

pub mod entity;
