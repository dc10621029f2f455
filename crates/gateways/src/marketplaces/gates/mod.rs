//! The gateways that two connectors of one company share: affiliate and merchant calls of Pinduoduo,
//! Taobao and JD go through the same door, with the same signature and the same refusals.

pub mod jd;
pub mod pinduoduo;
pub mod taobao;
