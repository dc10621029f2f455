//! Use cases across areas: what happens when. A flow owns the transaction and the order of steps.

pub mod checkout;
pub mod explain;
pub mod operators;
pub mod outbox;
pub mod payment_received;
pub mod payout;
pub mod profit_sharing;
pub mod session;
