//! Messages, whose signature is unconfirmed: they may make us read an order again, and nothing else.

use kernel::crypto::digest;
use serde::Deserialize;

use super::super::error::ApiError;
use super::super::hooks::{HookAnswer, HookCall, HookEvent, HookKind, HookSource};
use super::super::loose::Loose;
use super::Wish;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Message {
    topic: Loose,
    merchant_id: Loose,
    data: Data,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Data {
    id: Loose,
    order_id: Loose,
    product_id: Loose,
    merchant_id: Loose,
}

impl HookSource for Wish {
    fn receive(&self, call: &HookCall<'_>) -> Result<HookEvent, ApiError> {
        let message: Message = serde_json::from_slice(call.body).map_err(|_| ApiError::malformed("no JSON"))?;
        let topic = message.topic.owned().unwrap_or_default();
        let kind = match topic.as_str() {
            topic if topic.starts_with("ORDER_") => HookKind::Orders,
            topic if topic.starts_with("PRODUCT_INVENTORY") => HookKind::Stock,
            topic if topic.starts_with("PRODUCT_") => HookKind::Goods,
            _ => HookKind::Other,
        };
        let data = message.data;
        let id = data.order_id.owned().or_else(|| data.product_id.owned()).or_else(|| data.id.owned());
        Ok(HookEvent {
            kind,
            topic,
            account_id: message.merchant_id.owned().or_else(|| data.merchant_id.owned()),
            ids: id.into_iter().collect(),
            erases: None,
            dedupe_key: digest::sha256_hex(call.body),
            version: None,
            trusted: false,
            answer: HookAnswer::json("{}"),
        })
    }
}
