//! The facts about a marketplace that others plan with.

use super::settings::SettingKey;
use super::windows::WindowRules;

/// What a marketplace is and how it wants to be treated; one a connector.
#[derive(Debug)]
pub struct Descriptor {
    /// Its id: folder, `[marketplaces.<id>]`, `--platform`, database.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// Its base address's key in `[platforms]`.
    pub platform: &'static str,
    /// The base address when that key is not set.
    pub default_base: &'static str,
    /// Its other hosts that have a key of their own in `[platforms]`.
    pub hosts: &'static [HostKey],
    /// What it can do.
    pub capabilities: Capabilities,
    /// How one is let in, where there is one way; stores name theirs in [`StoreFacts::ways`].
    pub auth: AuthKind,
    /// The keys of its settings: the app's, the same for all accounts.
    pub settings: &'static [SettingKey],
    /// How its order increments are read.
    pub windows: WindowRules,
    /// How it counts and refuses too many calls.
    pub rate: RateKind,
    /// Calls a second we allow ourselves per operation.
    pub calls_per_s: u32,
    /// Calls a day while the app is in the platform's test state.
    pub test_calls_per_day: u32,
    /// What merchants' stores need, where it has stores.
    pub store: Option<StoreFacts>,
}

/// A further host of a platform that `[platforms]` can replace.
#[derive(Clone, Copy, Debug)]
pub struct HostKey {
    /// Its key in `[platforms]`.
    pub key: &'static str,
    /// The real one.
    pub own: &'static str,
}

/// What a merchant's store at this platform needs and takes.
#[derive(Debug)]
pub struct StoreFacts {
    /// The ways to be authorised, the usual one first.
    pub ways: &'static [Way],
    /// The sites a merchant chooses from; empty: the platform has one.
    pub sites: &'static [Site],
    /// How its lists go on.
    pub cursor: CursorKind,
    /// How stock is pushed.
    pub stock: StockRules,
}

/// One way for a merchant to authorise.
#[derive(Debug)]
pub struct Way {
    /// Whose app acts.
    pub kind: AccountKind,
    /// How its tokens are had.
    pub auth: AuthKind,
    /// What the operator must enter for an account, in the platform's own words.
    pub needs: &'static [SettingKey],
    /// What is pasted in instead of a consent page: the name of a token or secret.
    pub pasted: Option<&'static str>,
}

/// Whose app acts for a merchant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountKind {
    /// The merchant's own app or key, for his own store.
    SelfAuthorised,
    /// Our app, which he lets in on the platform's page.
    ThirdParty,
}

impl AccountKind {
    /// Its word in requests and rows.
    pub fn word(self) -> &'static str {
        match self {
            AccountKind::SelfAuthorised => "self",
            AccountKind::ThirdParty => "third_party",
        }
    }

    /// The kind of that word.
    pub fn parse(word: &str) -> Option<AccountKind> {
        [AccountKind::SelfAuthorised, AccountKind::ThirdParty].into_iter().find(|kind| kind.word() == word)
    }
}

/// A country's part of a platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// What an account chooses: `US`, `EBAY_GB`.
    pub code: &'static str,
    /// The region whose authorisation covers it; one authorisation a region.
    pub region: &'static str,
    /// The platform's own id of it.
    pub external_id: &'static str,
    /// Its name for people.
    pub name: &'static str,
}

/// How a platform lets an app act (marketplaces-global §12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthKind {
    /// Key and secret sign every call; nobody authorises.
    KeySecretSigned,
    /// The app fetches tokens for itself.
    ClientCredentials,
    /// A merchant's code is exchanged; refreshing may replace the refresh token.
    CodeRotatingRefresh,
    /// A merchant's code is exchanged; the refresh token stays.
    CodeFixedRefresh,
    /// A long-lived token is pasted in.
    PastedLongLived,
}

/// How a platform's lists go on (marketplaces-global §12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CursorKind {
    /// A window of time and a page number.
    WindowPage,
    /// A window of time and an offset.
    WindowOffset,
    /// A window of time and the platform's own word for the next page.
    WindowOpaque,
    /// The last row's key.
    Keyset,
}

/// How a platform counts calls and says that there were too many (marketplaces-global §12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateKind {
    /// Each call costs points of a bucket that refills.
    CostBucket,
    /// A bucket of calls per operation.
    TokenBucket,
    /// A burst that drains at a steady rate.
    Leaky {
        /// Calls at once.
        burst: u32,
        /// Calls a second after that.
        per_s: u32,
    },
    /// A number a day.
    Daily,
    /// An error in the body, HTTP status 200.
    BodyCode,
    /// A header says when calls are free again.
    ResetHeader,
    /// Nothing is known.
    Unknown,
}

/// How stock is pushed to a platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StockRules {
    /// Most lines of one call; 0 where stock cannot be pushed.
    pub max_batch: usize,
    /// Whether a line may set the quantity.
    pub absolute: bool,
    /// Whether a line may change the quantity by a difference.
    pub delta: bool,
    /// Whether a good answer means "taken in", to be checked later, instead of "done".
    pub applied_later: bool,
}

impl StockRules {
    /// Stock cannot be pushed.
    pub const NONE: StockRules = StockRules { max_batch: 0, absolute: false, delta: false, applied_later: false };
}

/// A set of abilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities(u16);

impl Capabilities {
    /// Goods by search and by id ([`super::ItemSource`]).
    pub const ITEMS: Capabilities = Capabilities(1);
    /// Promotion links ([`super::LinkSource`]).
    pub const LINKS: Capabilities = Capabilities(1 << 1);
    /// Filing of promoters ([`super::FilingSource`]).
    pub const FILING: Capabilities = Capabilities(1 << 2);
    /// Affiliate order lines ([`super::CommissionSource`]).
    pub const COMMISSIONS: Capabilities = Capabilities(1 << 3);
    /// Merchants' stores that must be authorised ([`super::Authorise`]).
    pub const ACCOUNTS: Capabilities = Capabilities(1 << 4);
    /// A store's own goods ([`super::StoreItems`]).
    pub const STORE_ITEMS: Capabilities = Capabilities(1 << 5);
    /// A store's orders ([`super::OrderSource`]).
    pub const ORDERS: Capabilities = Capabilities(1 << 6);
    /// Stock of a store ([`super::StockSink`]).
    pub const STOCK: Capabilities = Capabilities(1 << 7);
    /// Shipments of a store's orders ([`super::ShipSink`]).
    pub const SHIP: Capabilities = Capabilities(1 << 8);
    /// Messages pushed to us ([`super::HookSource`]).
    pub const HOOKS: Capabilities = Capabilities(1 << 9);
    /// An order may go in several parcels; without this it goes in one.
    pub const PARTS: Capabilities = Capabilities(1 << 10);

    /// A store with goods, orders and stock.
    pub const STORE: Capabilities =
        Capabilities::ACCOUNTS.and(Capabilities::STORE_ITEMS).and(Capabilities::ORDERS).and(Capabilities::STOCK);

    /// Both sets together.
    pub const fn and(self, other: Capabilities) -> Capabilities {
        Capabilities(self.0 | other.0)
    }

    /// Whether all of `other` is in this set.
    pub const fn has(self, other: Capabilities) -> bool {
        self.0 & other.0 == other.0
    }
}
