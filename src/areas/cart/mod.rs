//! A member's cart, kept on the server.

pub mod entity;
pub mod service;
