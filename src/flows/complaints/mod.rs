//! Members who complained at WeChat (消费者投诉): heard by notice, read by question, answered through
//! the outbox. A day after the complaint the merchant is penalised, so nothing may be missed. What is
//! another shop's is handed to it, and not kept.

mod act;
mod hear;
mod owner;
mod pictures;
mod watch;

pub use act::{Acted, act, history, send};
pub use hear::{heard, refresh};
pub use pictures::{key_of as picture_key, shown as shown_picture};
pub use watch::watch;
