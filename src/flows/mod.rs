//! Use cases across areas: what happens when. A flow owns the transaction and the order of steps.

pub mod checkout;
pub mod commission;
pub mod deliver;
pub mod operators;
pub mod payment_received;
pub mod pickup;
pub mod receipt;
pub mod session;
pub mod shop_file;
