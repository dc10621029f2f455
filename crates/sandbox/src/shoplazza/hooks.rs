//! Subscriptions to messages, and the messages, signed over the bytes of their body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Refusal, Reply};
use crate::clock::rfc3339_utc;
use crate::crypto;
use crate::pay::SignedNotice;
use crate::state::SandboxState;
use crate::stores::{Happening, Hook, StoreEvent, StorePlatform};

const TOPICS: [&str; 6] = [
    "orders/create",
    "orders/update",
    "orders/cancelled",
    "products/update",
    "inventory_levels/update",
    "app/uninstalled",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    webhook: Wanted,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    topic: String,
    address: String,
}

fn shown(hook: &Hook) -> Value {
    json!({"id": hook.id.to_string(), "topic": hook.topic, "address": hook.address, "format": "json"})
}

/// `GET /webhooks`.
pub(super) fn list(call: &Call<'_>, _: &str) -> Reply {
    let world = call.state.world();
    let own = |hook: &&Hook| hook.store.as_ref() == Some(&call.of);
    Ok(json!({"webhooks": world.stores.hooks.iter().filter(own).map(shown).collect::<Vec<_>>()}))
}

/// `POST /webhooks`.
pub(super) fn add(call: &Call<'_>, _: &str) -> Reply {
    let body: Body = serde_json::from_slice(call.body).map_err(|error| Refusal::parameter(&error.to_string()))?;
    let Wanted { topic, address } = body.webhook;
    if !TOPICS.contains(&topic.as_str()) {
        return Err(Refusal::parameter("webhook.topic"));
    }
    if url::Url::parse(&address).is_err() {
        return Err(Refusal::parameter("webhook.address"));
    }
    let mut world = call.state.world();
    let same = |hook: &Hook| hook.store.as_ref() == Some(&call.of) && hook.topic == topic && hook.address == address;
    if world.stores.hooks.iter().any(same) {
        return Err(Refusal(422, "AlreadyExists", "the address is subscribed to the topic".to_owned()));
    }
    let id = world.next_number();
    let hook = Hook { id, platform: StorePlatform::Shoplazza, store: Some(call.of.clone()), topic, address };
    let answer = json!({"webhook": shown(&hook)});
    world.stores.hooks.push(hook);
    Ok(answer)
}

/// The message about `event` for `hook`, with its topic.
pub(crate) fn push(state: &SandboxState, hook: &Hook, event: &StoreEvent) -> Option<(String, SignedNotice)> {
    let topic = match event.what {
        Happening::OrderPlaced => "orders/create",
        Happening::OrderCancelled => "orders/cancelled",
        Happening::ItemChanged => "products/update",
        Happening::StockChanged => "inventory_levels/update",
        Happening::Uninstalled => "app/uninstalled",
        _ => "orders/update",
    };
    if !hook.topic.is_empty() && hook.topic != topic {
        return None;
    }
    let body = json!({"id": event.number, "updated_at": rfc3339_utc(state.clock().wall())}).to_string();
    let secret = state.store_app(StorePlatform::Shoplazza).secret;
    let hmac = STANDARD.encode(crypto::hmac_sha256(&secret, body.as_bytes()));
    let id = crypto::random_text(24).to_lowercase();
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let notice = SignedNotice {
        url: hook.address.clone(),
        headers: vec![
            header("Content-Type", "application/json"),
            header("X-Shoplazza-Topic", topic),
            header("X-Shoplazza-Hmac-Sha256", &hmac),
            header("X-Shoplazza-Shop-Domain", &event.store.seller),
            header("X-Shoplazza-Webhook-Id", &id),
        ],
        body: body.into_bytes(),
    };
    Some((topic.to_owned(), notice))
}
