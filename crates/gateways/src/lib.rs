//! Other people's systems: WeChat, WeChat Pay, marketplaces.
