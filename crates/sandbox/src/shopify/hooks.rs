//! Messages of a store, signed over the bytes of their body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::ids::gid;
use super::rows;
use crate::clock::rfc3339_utc;
use crate::crypto;
use crate::pay::SignedNotice;
use crate::state::SandboxState;
use crate::stores::{Happening, Hook, Store, StoreEvent, StorePlatform};

/// The message about `event` for `hook`, with its topic.
pub(crate) fn push(state: &SandboxState, hook: &Hook, event: &StoreEvent) -> Option<(String, SignedNotice)> {
    let topic = topic(event.what);
    if !hook.topic.is_empty() && hook.topic != topic {
        return None;
    }
    let body = {
        let world = state.world();
        body(world.stores.store(&event.store)?, event)?
    };
    Some((topic.to_owned(), signed(state, &hook.address, &event.store.seller, topic, &body)))
}

fn topic(what: Happening) -> &'static str {
    match what {
        Happening::OrderPlaced => "orders/create",
        Happening::OrderCancelled => "orders/cancelled",
        Happening::OrderPaid
        | Happening::OrderSent
        | Happening::OrderDone
        | Happening::OrderChanged
        | Happening::RefundAsked => "orders/updated",
        Happening::ItemChanged => "products/update",
        Happening::StockChanged => "inventory_levels/update",
        Happening::Uninstalled => "app/uninstalled",
    }
}

fn body(store: &Store, event: &StoreEvent) -> Option<Value> {
    let number: u64 = event.number.parse().unwrap_or(0);
    match event.what {
        Happening::ItemChanged => {
            let item = store.shelf.item(number)?;
            Some(json!({"id": number, "admin_graphql_api_id": gid("Product", number), "title": item.title,
                "updated_at": rfc3339_utc(item.changed_at)}))
        }
        Happening::StockChanged => {
            let item = store.shelf.item(number)?;
            let variant = item.variants.first()?;
            Some(json!({"inventory_item_id": variant.number, "location_id": rows::LOCATION,
                "available": variant.quantity, "updated_at": rfc3339_utc(item.changed_at),
                "admin_graphql_api_id": gid("InventoryLevel", variant.number)}))
        }
        Happening::Uninstalled => Some(json!({"id": 55_000_000_001_u64, "name": store.name,
            "domain": store.of.seller, "myshopify_domain": store.of.seller})),
        _ => {
            let order = store.orders.get(&event.number)?;
            let id: u64 = order.id.parse().unwrap_or(0);
            Some(json!({"id": id, "admin_graphql_api_id": gid("Order", &order.id),
                "name": format!("#{}", 1_000 + order.seq), "currency": order.currency,
                "total_price": crate::rest::amount::decimal(order.total_minor(), &order.currency),
                "updated_at": rfc3339_utc(order.changed_at)}))
        }
    }
}

impl SandboxState {
    /// One of the messages that every application must take, signed, about a store: `customers/data_request`,
    /// `customers/redact`, `shop/redact`; a customer's names his orders by their numbers. `None` for other
    /// topics and for numbers that are none.
    pub fn shopify_privacy_notice(
        &self,
        address: &str,
        seller: &str,
        topic: &str,
        orders: &[String],
    ) -> Option<SignedNotice> {
        let orders: Vec<u64> = orders.iter().map(|id| id.parse()).collect::<Result<_, _>>().ok()?;
        let of_customer = |key: &str, more: Value| {
            let mut body = json!({"shop_id": 55_000_000_001_u64, "shop_domain": seller, "customer": {"id": 207_119_551,
                "email": "buyer@example.com", "phone": "555-625-1199"}});
            if let Some(members) = body.as_object_mut() {
                members.insert(key.to_owned(), json!(orders));
                members.extend(more.as_object().cloned().unwrap_or_default());
            }
            body
        };
        let body = match topic {
            "customers/data_request" => of_customer("orders_requested", json!({"data_request": {"id": 9_999}})),
            "customers/redact" => of_customer("orders_to_redact", json!({})),
            "shop/redact" => json!({"shop_id": 55_000_000_001_u64, "shop_domain": seller}),
            _ => return None,
        };
        Some(signed(self, address, seller, topic, &body))
    }
}

fn signed(state: &SandboxState, address: &str, seller: &str, topic: &str, body: &Value) -> SignedNotice {
    let body = body.to_string();
    let secret = state.store_app(StorePlatform::Shopify).secret;
    let hmac = STANDARD.encode(crypto::hmac_sha256(&secret, body.as_bytes()));
    let id = crypto::sha256_hex(&crypto::random_text(32));
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let now = rfc3339_utc(state.clock().wall());
    SignedNotice {
        url: address.to_owned(),
        headers: vec![
            header("Content-Type", "application/json"),
            header("X-Shopify-Topic", topic),
            header("X-Shopify-Hmac-Sha256", &hmac),
            header("X-Shopify-Shop-Domain", seller),
            header("X-Shopify-API-Version", "2026-07"),
            header("X-Shopify-Webhook-Id", id.get(..32).unwrap_or_default()),
            header("X-Shopify-Event-Id", id.get(32..).unwrap_or_default()),
            header("X-Shopify-Triggered-At", &now),
        ],
        body: body.into_bytes(),
    }
}
