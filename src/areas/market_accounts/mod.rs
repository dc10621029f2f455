//! AREA market_accounts

pub mod entity;
pub mod state;
