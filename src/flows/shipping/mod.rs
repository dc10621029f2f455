//! Shipping information (发货信息): until WeChat has it, and receipt is confirmed or timed out, it
//! keeps a managed shop's money frozen.
//!
//! What is to be told is a row, written with the step that sends or brings the goods, or that books a
//! recharge, whose balance is there at once; the outbox tells it. Whether the money is free is heard by
//! event and asked by a job, and so is what the buyer of a parcel confirmed, which is receipt here.

mod catch_up;
mod confirm;
mod content;
mod correct;
mod events;
mod managed;
mod pages;
mod queue;
mod remind;
mod send;
mod stuck;
mod subject;
mod watch;

pub use catch_up::catch_up;
pub use confirm::{ConfirmError, may_confirm};
pub use correct::{Correction, Told, tell_again};
pub use events::heard;
pub use managed::is_managed;
pub use pages::set_pages;
pub use queue::{received, recharged, wanted};
pub use remind::{plan_reminders, remind};
pub use send::send;
pub use stuck::{Stuck, StuckReason, stuck};
pub use watch::look;
