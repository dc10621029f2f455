//! What members have with the shop beside the ledger's accounts: operators' adjustments, points that orders
//! gave, and how both are reckoned. The flows post the journals.

pub mod entity;
pub mod error;
pub mod rules;
pub mod service;
