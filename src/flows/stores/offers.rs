//! Which marketplaces there are, what each can do and needs, and whether the shop can use it.

use gateways::marketplaces::{Capabilities, Descriptor, REGISTRY};

use crate::app::App;
use crate::areas::shops::query::Shop;

/// A marketplace as a shop sees it.
pub struct Offer {
    /// What it is.
    pub descriptor: &'static Descriptor,
    /// What it can do, as stable words.
    pub abilities: Vec<&'static str>,
    /// Whether it is an affiliate platform: goods are bought there, never here.
    pub affiliate: bool,
    /// What is missing or wrong in the shop file; `None` when the app is usable.
    pub missing: Option<String>,
    /// The app our calls are counted to.
    pub app: Option<String>,
}

/// Abilities and their words.
const ABILITIES: [(Capabilities, &str); 11] = [
    (Capabilities::ITEMS, "goods"),
    (Capabilities::LINKS, "links"),
    (Capabilities::FILING, "filing"),
    (Capabilities::COMMISSIONS, "commissions"),
    (Capabilities::ACCOUNTS, "stores"),
    (Capabilities::STORE_ITEMS, "store_goods"),
    (Capabilities::ORDERS, "orders"),
    (Capabilities::STOCK, "stock"),
    (Capabilities::SHIP, "shipments"),
    (Capabilities::PARTS, "parts"),
    (Capabilities::HOOKS, "messages"),
];

/// Every marketplace of this version.
pub fn offers(app: &App, shop: &Shop) -> Vec<Offer> {
    REGISTRY.iter().map(|entry| offer(app, shop, entry.descriptor)).collect()
}

fn offer(app: &App, shop: &Shop, descriptor: &'static Descriptor) -> Offer {
    let can = descriptor.capabilities;
    let (missing, key) = match app.marketplaces.of(shop, descriptor.id) {
        Ok(market) => (None, Some(market.channel.connector().app().to_owned())),
        Err(error) => (Some(error.to_string()), None),
    };
    Offer {
        descriptor,
        abilities: ABILITIES.iter().filter(|(ability, _)| can.has(*ability)).map(|(_, word)| *word).collect(),
        affiliate: can.has(Capabilities::LINKS),
        missing,
        app: key.filter(|key| !key.is_empty()),
    }
}
