//! AREA shops

pub mod entity;
