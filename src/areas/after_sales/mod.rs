//! AREA after_sales

pub mod entity;
pub mod state;
