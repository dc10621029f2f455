//! AREA members

pub mod entity;
