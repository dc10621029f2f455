//! The marketplaces whose goods a shop shows or sells.
//!
//! Owns: one pure [`Connector`] a platform (its folder holds signing, wire types and mapping) and
//! the one [`Engine`] that sends, keeps quotas, repeats and pages for all of them. Never touches the
//! database: the flow stores pages, cursors and watermarks. Adding a platform is a folder here and a
//! line in [`REGISTRY`].

mod budget;
mod connector;
mod engine;
mod error;
mod exchange;
mod loose;
mod model;
pub mod money;
mod settings;
mod times;
mod windows;
mod wire;

pub mod jd_affiliate;
pub mod pinduoduo_affiliate;
pub mod taobao_affiliate;

use serde_json::{Map, Value};

pub use budget::{Budget, BudgetKey, LocalBudget, Permit, Priority};
pub use connector::{BoxFeed, CommissionSource, Connector, Feed, FilingSource, ItemSource, LinkSource};
pub use engine::{Channel, Engine, RetryPolicy, Walk};
pub use error::{ApiError, ErrorClass};
pub use exchange::{Body, HttpReply, HttpRequest};
pub use model::*;
pub use settings::{SettingKey, SettingsError, SettingsReader};
pub use windows::WindowRules;

/// Every marketplace, once. No other place tells platforms apart.
pub const REGISTRY: &[Entry] = &[pinduoduo_affiliate::ENTRY, taobao_affiliate::ENTRY, jd_affiliate::ENTRY];

/// Ids the contract names that have no connector yet: a shop file may already carry their settings.
pub const PLANNED: &[&str] = &[
    "pinduoduo",
    "taobao",
    "jd",
    "youzan",
    "weimob",
    "shopify",
    "aliexpress",
    "ebay",
    "amazon",
    "dhgate",
    "wish",
    "wanliniu",
    "shoplazza",
];

/// A connector set up, or everything wrong with its settings.
pub type Opened = Result<Box<dyn Connector>, SettingsError>;

/// A line of the registry.
#[derive(Clone, Copy)]
pub struct Entry {
    /// What the marketplace is.
    pub descriptor: &'static Descriptor,
    /// Sets it up from `[marketplaces.<id>]`, telling every fault of the settings at once.
    pub open: fn(&Map<String, Value>) -> Opened,
}

/// The facts about a marketplace that others plan with.
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
    /// What it can do.
    pub capabilities: Capabilities,
    /// How one is let in.
    pub auth: AuthKind,
    /// The keys of its settings.
    pub settings: &'static [SettingKey],
    /// How its order increments are read.
    pub windows: WindowRules,
    /// Calls a second we allow ourselves per operation.
    pub calls_per_s: u32,
    /// Calls a day while the app is in the platform's test state.
    pub test_calls_per_day: u32,
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

/// A set of abilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities(u16);

impl Capabilities {
    /// Goods by search and by id ([`ItemSource`]).
    pub const ITEMS: Capabilities = Capabilities(1);
    /// Promotion links ([`LinkSource`]).
    pub const LINKS: Capabilities = Capabilities(1 << 1);
    /// Filing of promoters ([`FilingSource`]).
    pub const FILING: Capabilities = Capabilities(1 << 2);
    /// Affiliate order lines ([`CommissionSource`]).
    pub const COMMISSIONS: Capabilities = Capabilities(1 << 3);

    /// Both sets together.
    pub const fn and(self, other: Capabilities) -> Capabilities {
        Capabilities(self.0 | other.0)
    }

    /// Whether all of `other` is in this set.
    pub const fn has(self, other: Capabilities) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The registry's line of marketplace `id`.
pub fn find(id: &str) -> Option<&'static Entry> {
    REGISTRY.iter().find(|entry| entry.descriptor.id == id)
}
