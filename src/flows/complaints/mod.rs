//! Members who complained at WeChat (消费者投诉): heard by notice, read by question, answered through
//! the outbox. A day after the complaint the merchant is penalised, so nothing may be missed.

mod act;
mod hear;
mod pictures;
mod watch;

pub use act::{Acted, act, history, send};
pub use hear::{heard, refresh};
pub use pictures::{key_of as picture_key, shown as shown_picture};
pub use watch::watch;
