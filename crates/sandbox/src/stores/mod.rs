//! The world of merchants' stores that all platforms share: goods, orders, parcels, consents and tokens.
//!
//! A platform's folder is a thin layer of wire over this: it checks what its calls look like and says
//! in its own words what is here. Numbers are the platform's ids; each layer writes them in its form.
//! Amounts are integers in minor units of the store's currency, times unix seconds of wall time.

mod amounts;
mod apps;
mod carriers;
mod consent;
mod console;
mod generate;
mod goods;
mod grants;
mod hooks;
mod keep;
mod orders;
mod people;
mod platform;
mod store;
mod trade;

pub use apps::{StoreApp, StoreApps};
pub use goods::{StoreItem, StoreVariant};
pub use hooks::SentPush;
pub use keep::{Filling, StoreRefusal, StoreView, Stores};
pub use orders::{OrderStage, RefundStage, StoreOrder, StoreOrderLine, StoreParcel};
pub use people::StoreReceiver;
pub use platform::StorePlatform;
pub use store::StoreRef;
pub use trade::Purchase;

pub(crate) use store::StoreTables;
pub(crate) use {
    amounts::{major, number},
    carriers::Carrier,
    consent::{ConsentAsked, query_of, words},
    goods::{Shelf, StockRefused, page},
    grants::{Grant, GrantRefused},
    hooks::{Happening, Hook, StoreEvent},
    orders::{ParcelNote, ParcelRefused},
    people::{masked, masked_phone},
    store::Store,
};
