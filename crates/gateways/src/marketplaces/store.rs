//! What a merchant's store must be able to tell: goods and orders.

use super::account::Account;
use super::connector::BoxFeed;
use super::model::{RemoteGoods, Window};
use super::order::{RemoteOrder, Revealed};

/// A store's own goods, with their variants.
pub trait StoreItems: Send + Sync {
    /// The whole store: what is on sale and, where the platform lists it, what is not
    /// ([`RemoteGoods::hidden`]). With `changed`, only what changed then, where the platform can tell;
    /// others list everything.
    fn all<'a>(&'a self, account: &'a Account, changed: Option<&'a Window>) -> BoxFeed<'a, RemoteGoods>;

    /// The same as far as the list alone tells: id, title, price and stock, with one variant that stands
    /// for all. For a look before an import, where [`Self::all`] asks for each item's variants; `None`
    /// where the list has no prices, or lists everything anyway.
    fn overview<'a>(&'a self, _account: &'a Account, _changed: Option<&'a Window>) -> Option<BoxFeed<'a, RemoteGoods>> {
        None
    }

    /// Goods by their ids, as many a call as the platform takes; those it no longer has are in
    /// [`super::Page::missing`].
    fn by_ids<'a>(&'a self, account: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteGoods>;
}

/// A store's orders.
pub trait OrderSource: Send + Sync {
    /// Orders changed within a window that [`super::WindowRules`] allowed, with their lines: where the
    /// list has none the feed asks for each.
    fn changed<'a>(&'a self, account: &'a Account, window: &'a Window) -> BoxFeed<'a, RemoteOrder>;

    /// Orders by their numbers, to read open ones again.
    fn by_ids<'a>(&'a self, account: &'a Account, ids: &'a [String]) -> BoxFeed<'a, RemoteOrder>;

    /// Opens sealed data of one order; `None` where nothing is sealed or cannot be opened from outside
    /// the platform's cloud.
    fn reveal<'a>(
        &'a self,
        _account: &'a Account,
        _order_id: &'a str,
        _ciphers: &'a [String],
    ) -> Option<BoxFeed<'a, Revealed>> {
        None
    }
}
