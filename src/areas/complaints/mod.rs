//! Complaints that members filed at WeChat (消费者投诉): WeChat's word is kept as it was told last, and
//! what the shop says about them is rows of their own. Never calls WeChat.

pub mod actions;
pub mod entity;
pub mod error;
pub mod query;
pub mod service;
pub mod state;

pub use error::ComplaintError;
