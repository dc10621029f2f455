//! Sharing a paid order's money with its leaders, and ending every flagged order in an unfreeze
//! (R-71 … R-73).
//!
//! [`plan`] writes requests once an order is settled, or before its freeze ends; [`exchange`] sends
//! them and asks until each receiver has a result. Only a receiver's own success is booked; what
//! cannot be shared stays owed on the leader's available account.

mod ceiling;
mod exchange;
mod hear_out;
mod heard;
mod make_way;
mod merchant;
mod owing;
mod plan;
mod pot;
mod receiver;
mod take_back;

pub use exchange::exchange;
pub use hear_out::hear_out;
pub use heard::heard;
pub use make_way::{in_the_way, make_way};
pub use plan::{due_orders, plan, share_now};
pub(in crate::flows) use receiver::leave;
pub use receiver::{register_receiver, register_supplier, register_waiting, remove_receiver};
pub use take_back::{awaited, exchange_return};
