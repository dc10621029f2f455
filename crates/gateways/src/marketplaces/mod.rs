//! The marketplaces whose goods a shop shows or sells.
//!
//! Owns: one pure [`Connector`] a platform (its folder holds signing, wire types and mapping) and
//! the one [`Engine`] that sends, keeps quotas, renews tokens, repeats and pages for all of them. Never
//! touches the database: the flow stores pages, cursors, watermarks and tokens. Adding a platform is a
//! folder here and a line in [`REGISTRY`].

mod account;
mod amount;
mod authorise;
mod backwards;
mod budget;
mod connector;
mod engine;
mod error;
mod exchange;
mod facts;
mod feeds;
pub mod gates;
mod halves;
mod hooks;
mod links;
mod listed;
mod loose;
mod model;
pub mod money;
mod oauth;
mod order;
mod order_states;
mod pacific;
mod settings;
mod ship;
mod shop_host;
mod stock;
mod store;
mod times;
mod tokens;
mod windows;
mod wire;

pub mod aliexpress;
pub mod amazon;
pub mod dhgate;
pub mod ebay;
pub mod jd;
pub mod jd_affiliate;
pub mod pinduoduo;
pub mod pinduoduo_affiliate;
pub mod shopify;
pub mod shoplazza;
pub mod taobao;
pub mod taobao_affiliate;
pub mod wanliniu;
pub mod weimob;
pub mod wish;
pub mod youzan;

use serde_json::{Map, Value};

pub use account::{Access, Account, Setup, as_account_name, check as check_setup, is_account_name};
pub use authorise::{Authorise, Callback, Grant, Identity, TokenStep};
pub use budget::{Budget, BudgetKey, LocalBudget, Permit, Priority};
pub use connector::{BoxFeed, CommissionSource, Connector, Feed, FilingSource, ItemSource, LinkSource};
pub use engine::{Breakers, Channel, Engine, Pushed, RetryPolicy, Walk};
pub use error::{ApiError, ErrorClass};
pub use exchange::{Body, Host, HttpReply, HttpRequest};
pub use facts::{
    AccountKind, AuthKind, Capabilities, CursorKind, Descriptor, HostKey, RateKind, Site, StockRules, StoreFacts, Way,
};
pub use hooks::{Erasure, HookAnswer, HookCall, HookEvent, HookKind, HookSource};
pub use model::*;
pub use order::{
    OrderTimes, Private, Receiver, RemoteOrder, RemoteOrderLine, RemoteOrderState, RemoteParcel, Revealed,
};
pub use settings::{SettingKey, SettingsError, SettingsReader};
pub use ship::{COMMON as COMMON_CARRIERS, RemoteCarrier, ShipSink, Shipment, Shipped, ShippedLine, carrier_of};
pub use stock::{BATCH_REFUSED, LineOutcome, LineResult, StockChange, StockLine, StockSink};
pub use store::{OrderSource, StoreItems};
pub use tokens::{FixedAccess, TokenKeeper, TokenSet};
pub use windows::WindowRules;

/// Every marketplace, once. No other place tells platforms apart.
pub const REGISTRY: &[Entry] = &[
    pinduoduo_affiliate::ENTRY,
    taobao_affiliate::ENTRY,
    jd_affiliate::ENTRY,
    pinduoduo::ENTRY,
    taobao::ENTRY,
    jd::ENTRY,
    youzan::ENTRY,
    weimob::ENTRY,
    shopify::ENTRY,
    aliexpress::ENTRY,
    ebay::ENTRY,
    amazon::ENTRY,
    dhgate::ENTRY,
    wish::ENTRY,
    wanliniu::ENTRY,
    shoplazza::ENTRY,
];

/// Ids the contract names that have no connector yet: a shop file may already carry their settings.
pub const PLANNED: &[&str] = &[];

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

/// The registry's line of marketplace `id`.
pub fn find(id: &str) -> Option<&'static Entry> {
    REGISTRY.iter().find(|entry| entry.descriptor.id == id)
}
