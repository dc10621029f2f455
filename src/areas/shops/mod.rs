//! The tenants: shops with their credentials and settings. Every other row is bound to one.
//!
//! This area never talks to a platform; `app` keeps the opened shops at hand.

pub mod entity;
pub mod error;
pub mod merchant;
pub mod payout;
pub mod profile;
pub mod query;
mod reading;
pub mod service;
pub mod settings;
pub mod wechat_tokens;
