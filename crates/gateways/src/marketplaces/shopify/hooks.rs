//! Messages of a store, signed over the bytes of their body.

use kernel::crypto::{base64_encode, digest};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::super::error::ApiError;
use super::super::hooks::{HookAnswer, HookCall, HookEvent, HookKind, HookSource, bad_signature};
use super::super::loose::Loose;
use super::super::shop_host;
use super::{DOMAIN, Shopify};

#[derive(Deserialize, Default)]
#[serde(default)]
struct Message {
    admin_graphql_api_id: Loose,
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
        let id = call.header("x-shopify-event-id").or(call.header("x-shopify-webhook-id"));
        Ok(HookEvent {
            kind: kind(topic),
            topic: topic.to_owned(),
            account_id: call.header("x-shopify-shop-domain").and_then(|shop| shop_host::checked(shop, DOMAIN)),
            ids: message.admin_graphql_api_id.owned().into_iter().collect(),
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
