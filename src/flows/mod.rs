//! Use cases across areas: what happens when. A flow owns the transaction and the order of steps.

pub mod cart;
pub mod session;
pub mod uploads;
