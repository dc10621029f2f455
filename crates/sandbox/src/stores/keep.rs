//! Keeping stores: what merchants and platforms do, for tests and for the control API.

use serde::Serialize;

use super::goods::{Fill, StoreItem, StoreVariant};
use super::hooks::{Happening, Hook, SentPush, StoreEvent};
use super::orders::StoreOrder;
use super::{StorePlatform, StoreRef};
use crate::state::SandboxState;

/// Stores of one sandbox, as their merchants and buyers reach them.
pub struct Stores(pub(super) SandboxState);

/// What a store is filled with.
#[derive(Debug, Clone)]
pub struct Filling {
    /// How many items.
    pub count: u64,
    /// Number of the first listing of the catalogue; equal listings have equal codes in all stores.
    pub first_listing: u64,
    /// At most so many variants each.
    pub variants: usize,
    /// Pieces of each variant; 0 lets the listing decide.
    pub quantity: i64,
}

impl Filling {
    /// `count` items from the first listing on, with variants.
    pub fn of(count: u64) -> Self {
        Filling { count, first_listing: 1, variants: 3, quantity: 0 }
    }
}

/// Why something cannot happen in a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoreRefusal {
    /// No such store.
    #[error("there is no such store")]
    NoStore,
    /// No such item or variant.
    #[error("the store has no such item")]
    NoItem,
    /// No such order.
    #[error("the store has no such order")]
    NoOrder,
    /// Not enough of it, or not on sale.
    #[error("the platform has not enough of it on sale")]
    SoldOut,
    /// Not in this state.
    #[error("this cannot happen to the order as it stands")]
    WrongState,
}

/// A store in short.
#[derive(Debug, Clone, Serialize)]
pub struct StoreView {
    /// Which.
    #[serde(flatten)]
    pub store: StoreRef,
    /// Its name.
    pub name: String,
    /// Its currency.
    pub currency: String,
    /// How many items it has.
    pub items: usize,
    /// How many orders it has.
    pub orders: usize,
    /// Whether its merchant lets the application act.
    pub authorised: bool,
}

impl SandboxState {
    /// Stores on the platforms.
    pub fn stores(&self) -> Stores {
        Stores(self.clone())
    }
}

impl Stores {
    /// Opens a store in its platform's currency, unless it is there.
    pub fn open(&self, store: &StoreRef, name: &str) {
        self.open_in(store, name, store.platform.currency());
    }

    /// Opens a store, unless it is there.
    pub fn open_in(&self, store: &StoreRef, name: &str, currency: &str) {
        self.0.world().stores.open(store, name, currency);
    }

    /// Says something about the merchant in the platform's own words.
    pub fn set(&self, store: &StoreRef, name: &str, value: &str) -> Result<(), StoreRefusal> {
        let mut world = self.0.world();
        let store = world.stores.store_mut(store).ok_or(StoreRefusal::NoStore)?;
        store.settings.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    /// Puts made goods on the shelf; answers the number of the first.
    pub fn fill(&self, store: &StoreRef, filling: &Filling) -> Result<u64, StoreRefusal> {
        let at = self.0.clock().wall();
        let mut world = self.0.world();
        let store = world.stores.store_mut(store).ok_or(StoreRefusal::NoStore)?;
        Ok(store.shelf.fill(Fill {
            first: 0,
            count: filling.count,
            listing: filling.first_listing.max(1),
            variants: filling.variants.max(1),
            quantity: filling.quantity,
            currency: store.currency.clone(),
            at,
        }))
    }

    /// All stores.
    pub fn list(&self) -> Vec<StoreView> {
        let world = self.0.world();
        let view = |store: &super::store::Store| StoreView {
            store: store.of.clone(),
            name: store.name.clone(),
            currency: store.currency.clone(),
            items: store.shelf.len(),
            orders: store.orders.len(),
            authorised: world.stores.grants.live(&store.of).is_some(),
        };
        world.stores.all().iter().map(view).collect()
    }

    /// Its goods by number.
    pub fn items(&self, store: &StoreRef) -> Vec<StoreItem> {
        let world = self.0.world();
        world.stores.store(store).map_or(Vec::new(), |store| store.shelf.all().cloned().collect())
    }

    /// One of its goods.
    pub fn item(&self, store: &StoreRef, number: u64) -> Option<StoreItem> {
        self.0.world().stores.store(store)?.shelf.item(number).cloned()
    }

    /// What the platform shows of a variant.
    pub fn shown(&self, store: &StoreRef, variant: u64) -> Option<i64> {
        Some(self.0.world().stores.store(store)?.shelf.variant(variant)?.1.quantity)
    }

    /// The variant with this own code.
    pub fn variant_by_code(&self, store: &StoreRef, code: &str) -> Option<StoreVariant> {
        let world = self.0.world();
        Some(world.stores.store(store)?.shelf.variant_by_code(code)?.1.clone())
    }

    /// Adds an item (number 0), or replaces the one with its number. Variants with number 0 get one.
    pub fn put(&self, store: &StoreRef, item: StoreItem) -> Result<u64, StoreRefusal> {
        let number = {
            let mut world = self.0.world();
            world.stores.store_mut(store).ok_or(StoreRefusal::NoStore)?.shelf.put(item)
        };
        self.tell(store, Happening::ItemChanged, &number.to_string());
        Ok(number)
    }

    /// The merchant edits an item.
    pub fn edit(&self, store: &StoreRef, number: u64, edit: impl FnOnce(&mut StoreItem)) -> Result<(), StoreRefusal> {
        let now = self.0.clock().wall();
        {
            let mut world = self.0.world();
            let found = world.stores.store_mut(store).ok_or(StoreRefusal::NoStore)?;
            edit(found.shelf.change(number, now).ok_or(StoreRefusal::NoItem)?);
        }
        self.tell(store, Happening::ItemChanged, &number.to_string());
        Ok(())
    }

    /// The merchant sets a variant's stock by hand.
    pub fn set_quantity(&self, store: &StoreRef, variant: u64, quantity: i64) -> Result<(), StoreRefusal> {
        let now = self.0.clock().wall();
        let item = {
            let mut world = self.0.world();
            let found = world.stores.store_mut(store).ok_or(StoreRefusal::NoStore)?;
            found.shelf.set_quantity(variant, quantity, now).map_err(|_| StoreRefusal::NoItem)?;
            found.shelf.item_of_variant(variant).map(|item| item.number).ok_or(StoreRefusal::NoItem)?
        };
        self.tell(store, Happening::StockChanged, &item.to_string());
        Ok(())
    }

    /// Its orders, first placed first.
    pub fn orders(&self, store: &StoreRef) -> Vec<StoreOrder> {
        let world = self.0.world();
        let found = world.stores.store(store);
        found.map_or(Vec::new(), |store| store.orders_in_order().into_iter().cloned().collect())
    }

    /// One of its orders.
    pub fn order(&self, store: &StoreRef, id: &str) -> Option<StoreOrder> {
        self.0.world().stores.store(store)?.orders.get(id).cloned()
    }

    /// The only address that codes of this platform go to.
    pub fn register_callback(&self, platform: StorePlatform, address: &str) {
        self.0.world().stores.callbacks.insert(platform, address.to_owned());
    }

    /// Who sits at this platform's consent page and agrees at once; `None` lets the page ask.
    pub fn consents(&self, platform: StorePlatform, store: Option<&StoreRef>) {
        let mut world = self.0.world();
        match store {
            Some(store) => world.stores.consenting.insert(platform, store.clone()),
            None => world.stores.consenting.remove(&platform),
        };
    }

    /// The merchant takes his consent back.
    pub fn revoke(&self, store: &StoreRef) -> bool {
        let revoked = self.0.world().stores.grants.live_mut(store).map(|grant| grant.ended = true).is_some();
        if revoked {
            self.tell(store, Happening::Uninstalled, "");
        }
        revoked
    }

    /// Ends the access token for a store, and the refresh token when told so.
    pub fn expire_tokens(&self, store: &StoreRef, refresh_too: bool) -> bool {
        let now = self.0.clock().wall();
        let mut world = self.0.world();
        let Some(grant) = world.stores.grants.live_mut(store) else { return false };
        grant.access.ends_at = Some(now);
        if refresh_too {
            grant.refresh.ends_at = Some(now);
        }
        true
    }

    /// Calls a day that a platform's application may make; 0 lifts the limit, `None` is as configured.
    pub fn set_quota(&self, platform: StorePlatform, calls: Option<u64>) {
        let mut world = self.0.world();
        match calls {
            Some(calls) => world.stores.quotas.insert(platform, calls),
            None => world.stores.quotas.remove(&platform),
        };
    }

    /// The address that a platform's messages go to; replaces the one of before.
    pub fn register_push(&self, platform: StorePlatform, address: &str) {
        let mut world = self.0.world();
        world.stores.hooks.retain(|hook| hook.platform != platform || hook.store.is_some());
        let id = world.next_number();
        world.stores.hooks.push(Hook { id, platform, store: None, topic: String::new(), address: address.to_owned() });
    }

    /// The last messages that were sent, newest first.
    pub fn pushes(&self) -> Vec<SentPush> {
        self.0.world().stores.pushes.iter().cloned().collect()
    }

    pub(crate) fn tell(&self, store: &StoreRef, what: Happening, number: &str) {
        self.0.announce_store(&StoreEvent { store: store.clone(), what, number: number.to_owned() });
    }
}

impl SandboxState {
    /// Counts a call of a platform's application; seconds until midnight when the day's calls are used up.
    pub(crate) fn count_store_call(&self, platform: StorePlatform) -> Result<(), i64> {
        let limit = self.world().stores.quotas.get(&platform).copied();
        self.count_call_of(&format!("stores/{}", platform.id()), limit.unwrap_or(self.config().marketplace_calls_a_day))
    }
}
