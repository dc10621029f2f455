//! Messages, whose signature nobody has confirmed: they come without one.

use serde_json::json;

use super::products::id as hex_id;
use super::{Call, Reply};
use crate::pay::SignedNotice;
use crate::state::SandboxState;
use crate::stores::{Happening, Hook, StoreEvent};

const TOPICS: [&str; 3] = ["ORDER_ALL", "ORDER_RELEASE", "PRODUCT_INVENTORY_CHANGE_MERCHANT"];

/// `GET /webhook/topics`.
pub(super) fn topics(_: &Call<'_>, _: &str) -> Reply {
    Ok((1..).zip(TOPICS).map(|(id, name): (u64, _)| json!({"id": hex_id(id), "name": name})).collect())
}

/// The message about `event` for `hook`.
pub(crate) fn push(_: &SandboxState, hook: &Hook, event: &StoreEvent) -> Option<(String, SignedNotice)> {
    let (topic, data) = match event.what {
        Happening::OrderPlaced | Happening::ItemChanged | Happening::Uninstalled => return None,
        Happening::OrderPaid => ("ORDER_RELEASE", json!({"order_id": event.number})),
        Happening::StockChanged => {
            let product = hex_id(event.number.parse().unwrap_or(0));
            ("PRODUCT_INVENTORY_CHANGE_MERCHANT", json!({"product_id": product}))
        }
        _ => ("ORDER_ALL", json!({"order_id": event.number})),
    };
    let body = json!({"topic": topic, "merchant_id": event.store.seller, "data": data});
    let notice = SignedNotice {
        url: hook.address.clone(),
        headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        body: body.to_string().into_bytes(),
    };
    Some((topic.to_owned(), notice))
}
