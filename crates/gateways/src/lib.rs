//! Other people's systems: WeChat, WeChat Pay, marketplaces.

pub mod marketplaces;
