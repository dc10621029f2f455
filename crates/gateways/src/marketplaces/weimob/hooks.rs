//! Messages that Weimob pushes. How they are signed is unconfirmed, so nobody vouches for them: one may
//! make us read an order of a store we know again, and nothing else.

use kernel::crypto::digest::sha256_hex;
use serde_json::Value;

use super::super::error::ApiError;
use super::super::hooks::{HookAnswer, HookCall, HookEvent, HookKind, HookSource};
use super::Weimob;
use super::types::Pushed;

const RECEIVED: &str = r#"{"code":{"errcode":"0","errmsg":"success"}}"#;

impl HookSource for Weimob {
    fn receive(&self, call: &HookCall<'_>) -> Result<HookEvent, ApiError> {
        let pushed: Pushed = serde_json::from_slice(call.body).map_err(|_| ApiError::malformed("not a message"))?;
        let topic = pushed.topic.text().ok_or_else(|| ApiError::malformed("no topic"))?;
        let event = pushed.event.text().unwrap_or_default();
        let about = match &pushed.msg_body {
            Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
            other => other.clone(),
        };
        let text = |name: &str| match about.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let (kind, ids) = match topic {
            "weimob_shop.order" => (HookKind::Orders, text("orderNo")),
            "weimob_shop.rights" => (HookKind::Refunds, text("orderNo")),
            "weimob_shop.goods" => (HookKind::Goods, text("goodsId")),
            _ => (HookKind::Other, None),
        };
        Ok(HookEvent {
            kind,
            topic: format!("{topic}/{event}"),
            account_id: text("bosId"),
            ids: ids.into_iter().collect(),
            erases: None,
            dedupe_key: pushed.id.owned().unwrap_or_else(|| sha256_hex(call.body)),
            version: None,
            trusted: false,
            answer: HookAnswer::json(RECEIVED),
        })
    }
}
