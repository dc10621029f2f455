//! One store and the table of all.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::StorePlatform;
use super::goods::Shelf;
use super::grants::Grants;
use super::hooks::{Hook, SentPush};
use super::orders::StoreOrder;

/// Which store: platform, seller and, where the platform has them, site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StoreRef {
    /// The platform.
    pub platform: StorePlatform,
    /// The platform's id of the seller (mall id, kdt id, shop host…).
    pub seller: String,
    /// The site; empty where there are none.
    #[serde(default)]
    pub site: String,
}

impl StoreRef {
    /// A store on a platform without sites.
    pub fn new(platform: StorePlatform, seller: impl Into<String>) -> Self {
        StoreRef { platform, seller: seller.into(), site: String::new() }
    }

    /// The same seller on a site.
    #[must_use]
    pub fn on(mut self, site: impl Into<String>) -> Self {
        self.site = site.into();
        self
    }
}

/// One store.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Store {
    pub(crate) of: StoreRef,
    pub(crate) name: String,
    pub(crate) currency: String,
    /// Facts of the platform about the merchant (organisation node, locations…) in its own words.
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) shelf: Shelf,
    /// By the platform's number.
    pub(crate) orders: BTreeMap<String, StoreOrder>,
}

impl Store {
    /// Orders in the order in which they were placed.
    pub(crate) fn orders_in_order(&self) -> Vec<&StoreOrder> {
        let mut orders: Vec<_> = self.orders.values().collect();
        orders.sort_by_key(|order| order.seq);
        orders
    }

    /// Orders changed from `from` to `until`, both included, the first change first.
    pub(crate) fn orders_changed(&self, from: i64, until: i64) -> Vec<&StoreOrder> {
        let mut orders: Vec<_> = self.orders.values().filter(|order| order.changed_within(from, until)).collect();
        orders.sort_by_key(|order| (order.changed_at, order.seq));
        orders
    }

    pub(crate) fn setting(&self, name: &str) -> &str {
        self.settings.get(name).map_or("", String::as_str)
    }
}

/// Everything about stores that the sandbox remembers.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct StoreTables {
    stores: Vec<Store>,
    pub(crate) grants: Grants,
    /// Addresses that answer to a merchant's consent, by platform; a platform without one takes any.
    pub(crate) callbacks: BTreeMap<StorePlatform, String>,
    /// Who sits at the consent page; without one the page asks.
    pub(crate) consenting: BTreeMap<StorePlatform, StoreRef>,
    /// Calls a day of a platform's application; 0 = no limit. Others have the configuration's.
    pub(crate) quotas: BTreeMap<StorePlatform, u64>,
    pub(crate) hooks: Vec<Hook>,
    #[serde(skip)]
    pub(crate) pushes: VecDeque<SentPush>,
    sellers: u64,
}

impl StoreTables {
    pub(crate) fn store(&self, of: &StoreRef) -> Option<&Store> {
        self.stores.iter().find(|store| store.of == *of)
    }

    pub(crate) fn store_mut(&mut self, of: &StoreRef) -> Option<&mut Store> {
        self.stores.iter_mut().find(|store| store.of == *of)
    }

    /// All stores of a platform.
    pub(crate) fn on(&self, platform: StorePlatform) -> impl Iterator<Item = &Store> {
        self.stores.iter().filter(move |store| store.of.platform == platform)
    }

    pub(crate) fn all(&self) -> &[Store] {
        &self.stores
    }

    /// Opens a store unless it is there.
    pub(super) fn open(&mut self, of: &StoreRef, name: &str, currency: &str) {
        if self.store(of).is_some() {
            return;
        }
        self.sellers += 1;
        let shelf = Shelf::starting_at(of.platform.first_item() + self.sellers * 1_000_000 + 1);
        self.stores.push(Store {
            of: of.clone(),
            name: name.to_owned(),
            currency: currency.to_owned(),
            settings: BTreeMap::new(),
            shelf,
            orders: BTreeMap::new(),
        });
    }
}
