//! Messages of a store, signed over the bytes of their body.

use kernel::crypto::{base64_encode, digest};
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::super::error::ApiError;
use super::super::hooks::{HookAnswer, HookCall, HookEvent, HookKind, HookSource, bad_signature};
use super::super::loose::Loose;
use super::super::shop_host;
use super::{DOMAIN, Shoplazza};

/// The names of these headers are unconfirmed.
const SIGNATURE: &str = "x-shoplazza-hmac-sha256";
const TOPIC: &str = "x-shoplazza-topic";
const SHOP: &str = "x-shoplazza-shop-domain";
const ID: &str = "x-shoplazza-webhook-id";

#[derive(Deserialize, Default)]
#[serde(default)]
struct Message {
    id: Loose,
}

impl HookSource for Shoplazza {
    fn receive(&self, call: &HookCall<'_>) -> Result<HookEvent, ApiError> {
        let given = call.header(SIGNATURE).ok_or_else(bad_signature)?;
        let own = digest::hmac_sha256(self.client_secret.expose_secret().as_bytes(), call.body);
        if !digest::same(base64_encode(own), given) {
            return Err(bad_signature());
        }
        let topic = call.header(TOPIC).unwrap_or_default();
        let message: Message = serde_json::from_slice(call.body).unwrap_or_default();
        Ok(HookEvent {
            kind: kind(topic),
            topic: topic.to_owned(),
            account_id: call.header(SHOP).and_then(|shop| shop_host::checked(shop, DOMAIN)),
            ids: message.id.owned().into_iter().collect(),
            erases: None,
            dedupe_key: call.header(ID).map_or_else(|| digest::sha256_hex(call.body), str::to_owned),
            version: None,
            trusted: true,
            answer: HookAnswer::json("{}"),
        })
    }
}

fn kind(topic: &str) -> HookKind {
    match topic {
        "app/uninstalled" => HookKind::Revoked,
        topic if topic.starts_with("orders/") => HookKind::Orders,
        topic if topic.starts_with("products/") => HookKind::Goods,
        _ => HookKind::Other,
    }
}
