//! Messages of a store, signed over the bytes of their body.

use kernel::crypto::{base64_encode, digest};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::super::error::ApiError;
use super::super::hooks::{Erasure, HookAnswer, HookCall, HookEvent, HookKind, HookSource, bad_signature};
use super::super::loose::{List, Loose};
use super::super::shop_host;
use super::{DOMAIN, Shopify};

#[derive(Deserialize, Default)]
#[serde(default)]
struct Message {
    admin_graphql_api_id: Loose,
    inventory_item_id: Loose,
    orders_to_redact: Option<List<Loose>>,
}

impl HookSource for Shopify {
    fn receive(&self, call: &HookCall<'_>) -> Result<HookEvent, ApiError> {
        let given = call.header("x-shopify-hmac-sha256").ok_or_else(bad_signature)?;
        let fits = |secret: &SecretString| {
            let own = digest::hmac_sha256(secret.expose_secret().as_bytes(), call.body);
            digest::same(base64_encode(own), given)
        };
        if !self.secrets().any(fits) {
            return Err(bad_signature());
        }
        let topic = call.header("x-shopify-topic").unwrap_or_default();
        let message: Message = serde_json::from_slice(call.body).unwrap_or_default();
        let kind = kind(topic);
        let id = call.header("x-shopify-event-id").or(call.header("x-shopify-webhook-id"));
        Ok(HookEvent {
            kind,
            topic: topic.to_owned(),
            account_id: call.header("x-shopify-shop-domain").and_then(|shop| shop_host::checked(shop, DOMAIN)),
            ids: thing(kind, &message).into_iter().collect(),
            erases: erasure(topic, message.orders_to_redact),
            dedupe_key: id.map_or_else(|| digest::sha256_hex(call.body), str::to_owned),
            version: None,
            trusted: true,
            answer: HookAnswer::json("{}"),
        })
    }
}

fn kind(topic: &str) -> HookKind {
    match topic {
        "app/uninstalled" => HookKind::Revoked,
        "customers/data_request" | "customers/redact" | "shop/redact" => HookKind::Privacy,
        "refunds/create" => HookKind::Refunds,
        topic if topic.starts_with("orders/") => HookKind::Orders,
        topic if topic.starts_with("products/") => HookKind::Goods,
        topic if topic.starts_with("inventory_levels/") => HookKind::Stock,
        _ => HookKind::Other,
    }
}

/// The thing a message speaks of. A level of stock is what an item has at one place; goods name the item.
fn thing(kind: HookKind, message: &Message) -> Option<String> {
    match kind {
        HookKind::Stock => message.inventory_item_id.id().map(|id| format!("gid://shopify/InventoryItem/{id}")),
        _ => message.admin_graphql_api_id.owned(),
    }
}

/// What a redaction names; orders come by their bare numbers there. The customer is not asked for: an
/// app without the right to read customers knows orders alone.
fn erasure(topic: &str, orders: Option<List<Loose>>) -> Option<Erasure> {
    match topic {
        "shop/redact" => Some(Erasure::Store),
        "customers/redact" => {
            let number = |order: &Loose| order.id().map(|id| format!("gid://shopify/Order/{id}"));
            Some(Erasure::Orders(orders?.0.iter().filter_map(number).collect()))
        }
        _ => None,
    }
}
