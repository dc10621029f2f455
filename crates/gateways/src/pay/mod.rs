//! Payment channels. There is one, WeChat Pay, and it is a concrete client: a trait with a single
//! implementation would only hide its words. A second channel brings the trait with it.

pub mod wechat_pay;
