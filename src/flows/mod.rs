//! Use cases across areas: what happens when. A flow owns the transaction and the order of steps.

pub mod operators;
pub mod session;
