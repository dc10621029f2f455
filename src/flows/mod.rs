//! Use cases across areas: what happens when. A flow owns the transaction and the order of steps.

pub mod leaders;
pub mod members;
pub mod operators;
pub mod session;
pub mod settings;
pub mod wechat_tokens;
