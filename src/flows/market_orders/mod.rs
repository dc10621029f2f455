//! Orders of merchants' stores: read window by window, matched to our SKUs, served from the one pool of
//! stock, confirmed and sent by operators, and their parcels told to the platform.
//!
//! One page is read outside any transaction; then one transaction writes its orders, the stock they take,
//! and how far the feed is. A process that dies reads the page at hand again, which changes nothing: an
//! order is known by its number, and a line moves the difference between what it shall hold and holds.

mod carriers;
mod decide;
mod export;
mod fill;
mod forget;
mod matching;
mod pull;
mod receiver;
mod record;
mod reread;
mod ship;
mod sight;
mod stock;
mod tell;
mod told;

pub use decide::{Confirmed, Match, cancel, confirm, confirm_all, match_line, put_note};
pub use export::xlsx;
pub use fill::fill;
pub use forget::{erase, forget, forget_asked, forget_due};
pub use pull::{Rules, hurry, of_store, set_rules, work};
pub use receiver::{How, Opened, open};
pub use ship::{Parcel, ship};
pub use sight::{Whole, list, one};
pub use tell::tell;
pub use told::ReceiverShown;
