//! What a merchant's console shows him for an application of his own.

use super::keep::Stores;
use super::{StorePlatform, StoreRef};
use crate::{amazon, shopify};

/// Everything that a shop may ask of a Shopify store.
const SHOPIFY_RIGHTS: &str =
    "read_products,write_inventory,read_locations,read_orders,write_merchant_managed_fulfillment_orders";

impl Stores {
    /// The token that a merchant pastes in for his own application: Shopify's access token, which never
    /// ends, or Amazon's refresh token. `None` where the platform shows none.
    pub fn console_token(&self, store: &StoreRef) -> Option<String> {
        let now = self.0.clock().wall();
        let mut world = self.0.world();
        world.stores.store(store)?;
        match store.platform {
            StorePlatform::Shopify => {
                let found = world.stores.store_mut(store)?;
                found.settings.insert(shopify::SCOPE.to_owned(), SHOPIFY_RIGHTS.to_owned());
                world.stores.grants.open(store, now);
                let grant = world.stores.grants.for_ever(store)?;
                Some(format!("{}{}", shopify::ACCESS, grant.access.text))
            }
            StorePlatform::Amazon => {
                // The console shows the same one again.
                let live = world.stores.grants.live(store).cloned();
                let grant = live.unwrap_or_else(|| world.stores.grants.open(store, now));
                Some(format!("{}{}", amazon::REFRESH, grant.refresh.text))
            }
            _ => None,
        }
    }
}
