//! Other people's systems: WeChat, WeChat Pay, marketplaces. Each gateway signs, sends, verifies
//! and maps to our words; none knows our tables.

pub mod breaker;
pub mod http;
mod lenient;
pub mod marketplaces;
pub mod pace;
pub mod pay;
pub mod pictures;
pub mod wechat;
