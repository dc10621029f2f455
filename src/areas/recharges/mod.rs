//! Recharges: balance paid in by WeChat, with a gift where a plan grants one.

pub mod entity;
pub mod error;
pub mod plans;
pub mod query;
pub mod rules;
pub mod service;
pub mod state;
