//! What a marketplace must be able to do, as pure functions: build requests, read replies.
//!
//! A connector holds its app's credentials and nothing else. It sends nothing, reads no clock and
//! stores nothing; the engine does that for all of them. A platform implements [`Connector`] and
//! those of the smaller traits it has an API for.

use chrono::{DateTime, Utc};

use super::account::Access;
use super::authorise::Authorise;
use super::error::ApiError;
use super::exchange::{HttpReply, HttpRequest};
use super::facts::Descriptor;
use super::hooks::HookSource;
use super::model::{AffiliateOrderLine, Cursor, LinkRequest, Mark, Page, PromotionLink, RemoteGoods, Search, Window};
use super::ship::ShipSink;
use super::stock::StockSink;
use super::store::{OrderSource, StoreItems};

/// A question to a platform, asked page by page.
///
/// `cursor` is `None` at first and then whatever the previous page named as `next`; so a question
/// can be resumed from a stored cursor. A page may have no rows and still name a next one: a first
/// step of a call that takes two.
pub trait Feed<T>: Send + Sync {
    /// The unsigned request for the page at `cursor`; fails when the platform would refuse it.
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError>;

    /// The page in `reply`, which [`Connector::classify`] has let pass.
    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<T>, ApiError>;

    /// A page in place of a refusal that concerns the rows at `cursor` alone, so that one bad row does
    /// not end the walk; `None`: the refusal stands.
    fn instead(&self, _cursor: Option<&Cursor>, _error: &ApiError) -> Option<Page<T>> {
        None
    }
}

/// A question made by a connector that lives at least as long.
pub type BoxFeed<'a, T> = Box<dyn Feed<T> + 'a>;

/// One marketplace, set up with one app's credentials.
pub trait Connector: Send + Sync {
    /// What it is and what it can do.
    fn descriptor(&self) -> &'static Descriptor;

    /// The app to which the platform counts our calls (`client_id`, `app_key`); not a secret.
    fn app(&self) -> &str;

    /// Our own promotion position, as order lines name it; `None` where they name none.
    fn position(&self) -> Option<&str> {
        None
    }

    /// Adds the common parameters and the signature. Called anew for every attempt, since the time
    /// is signed too.
    fn sign(&self, request: HttpRequest, access: Option<&Access>, now: DateTime<Utc>) -> HttpRequest;

    /// Tells a good answer from a failed one; HTTP status 200 says little on these platforms.
    fn classify(&self, reply: &HttpReply) -> Result<(), ApiError>;

    /// The id of the item on the page at `link`, where its address tells one.
    fn item_of_link(&self, _link: &url::Url) -> Option<String> {
        None
    }

    /// Finding goods.
    fn items(&self) -> Option<&dyn ItemSource> {
        None
    }

    /// Links that earn commission.
    fn links(&self) -> Option<&dyn LinkSource> {
        None
    }

    /// Filing (备案) of whoever promotes.
    fn filing(&self) -> Option<&dyn FilingSource> {
        None
    }

    /// Affiliate order lines.
    fn commissions(&self) -> Option<&dyn CommissionSource> {
        None
    }

    /// How merchants let us act for their stores.
    fn auth(&self) -> Option<&dyn Authorise> {
        None
    }

    /// A store's goods.
    fn store_items(&self) -> Option<&dyn StoreItems> {
        None
    }

    /// A store's orders.
    fn orders(&self) -> Option<&dyn OrderSource> {
        None
    }

    /// Stock, to be told to a store.
    fn stock(&self) -> Option<&dyn StockSink> {
        None
    }

    /// Shipments, to be told to a store.
    fn ship(&self) -> Option<&dyn ShipSink> {
        None
    }

    /// Messages that the platform pushes.
    fn hooks(&self) -> Option<&dyn HookSource> {
        None
    }
}

/// Says inside `impl Connector` which of the smaller traits the platform itself implements.
macro_rules! offers {
    (@ auth) => {
        fn auth(&self) -> Option<&dyn $crate::marketplaces::authorise::Authorise> {
            Some(self)
        }
    };
    (@ store_items) => {
        fn store_items(&self) -> Option<&dyn $crate::marketplaces::store::StoreItems> {
            Some(self)
        }
    };
    (@ orders) => {
        fn orders(&self) -> Option<&dyn $crate::marketplaces::store::OrderSource> {
            Some(self)
        }
    };
    (@ stock) => {
        fn stock(&self) -> Option<&dyn $crate::marketplaces::stock::StockSink> {
            Some(self)
        }
    };
    (@ ship) => {
        fn ship(&self) -> Option<&dyn $crate::marketplaces::ship::ShipSink> {
            Some(self)
        }
    };
    (@ hooks) => {
        fn hooks(&self) -> Option<&dyn $crate::marketplaces::hooks::HookSource> {
            Some(self)
        }
    };
    (@ items) => {
        fn items(&self) -> Option<&dyn $crate::marketplaces::connector::ItemSource> {
            Some(self)
        }
    };
    (@ links) => {
        fn links(&self) -> Option<&dyn $crate::marketplaces::connector::LinkSource> {
            Some(self)
        }
    };
    (@ filing) => {
        fn filing(&self) -> Option<&dyn $crate::marketplaces::connector::FilingSource> {
            Some(self)
        }
    };
    (@ commissions) => {
        fn commissions(&self) -> Option<&dyn $crate::marketplaces::connector::CommissionSource> {
            Some(self)
        }
    };
    ($($what:ident),*) => {$($crate::marketplaces::connector::offers!(@ $what);)*};
}

pub(crate) use offers;

/// Finds goods.
pub trait ItemSource: Send + Sync {
    /// Goods that match a search.
    fn search<'a>(&'a self, search: &'a Search) -> BoxFeed<'a, RemoteGoods>;

    /// Goods by their ids, as many a call as the platform takes; those it no longer has are in
    /// [`Page::missing`].
    fn by_ids<'a>(&'a self, ids: &'a [String]) -> BoxFeed<'a, RemoteGoods>;
}

/// Makes promotion links.
pub trait LinkSource: Send + Sync {
    /// One link; the feed yields exactly one row.
    fn link<'a>(&'a self, wanted: &'a LinkRequest) -> BoxFeed<'a, PromotionLink>;
}

/// Asks for and checks the filing a platform demands before it answers.
pub trait FilingSource: Send + Sync {
    /// Whether the position, with this mark if any, is filed; one row.
    fn is_filed<'a>(&'a self, mark: Option<&'a Mark>) -> BoxFeed<'a, bool>;

    /// The link by which the filing is done; one row.
    fn filing_link<'a>(&'a self, mark: Option<&'a Mark>) -> BoxFeed<'a, PromotionLink>;
}

/// Reads affiliate order lines.
pub trait CommissionSource: Send + Sync {
    /// Lines changed within a window that [`super::windows::WindowRules`] allowed.
    fn changed<'a>(&'a self, window: &'a Window) -> BoxFeed<'a, AffiliateOrderLine>;

    /// One line by its key, to read an open one again; `None` where the platform has no such call.
    fn by_key<'a>(&'a self, line_key: &'a str) -> Option<BoxFeed<'a, AffiliateOrderLine>>;
}
