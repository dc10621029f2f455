//! AREA ledger

pub mod entity;
pub mod state;
