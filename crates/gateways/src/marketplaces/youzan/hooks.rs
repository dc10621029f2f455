//! Messages that Youzan pushes. Their MD5 is weak: a message makes us read an order again and no more.

use kernel::crypto::digest::{md5_hex, same};
use secrecy::ExposeSecret;
use serde_json::Value;
use url::form_urlencoded;

use super::super::error::ApiError;
use super::super::hooks::{HookAnswer, HookCall, HookEvent, HookKind, HookSource, bad_signature};
use super::Youzan;
use super::types::Pushed;

/// Without this word in the answer the message comes again.
const RECEIVED: &str = r#"{"code":0,"msg":"success"}"#;

impl HookSource for Youzan {
    fn receive(&self, call: &HookCall<'_>) -> Result<HookEvent, ApiError> {
        let told = call.header("event-sign").ok_or_else(bad_signature)?;
        let secret = self.client_secret.expose_secret().as_bytes();
        let wanted = md5_hex(&[self.client_id.as_bytes(), call.body, secret].concat());
        if !same(told, wanted) {
            return Err(bad_signature());
        }
        let pushed: Pushed = serde_json::from_slice(call.body).map_err(|_| ApiError::malformed("not a message"))?;
        let topic = pushed.kind.owned().or_else(|| call.header("event-type").map(str::to_owned)).unwrap_or_default();
        let about = about(&pushed.msg);
        let kind = kind(&topic);
        Ok(HookEvent {
            kind,
            account_id: pushed.kdt_id.id(),
            ids: ids(kind, &about, &pushed),
            erases: None,
            // Without an id of the message its content is what repetitions share.
            dedupe_key: pushed.msg_id.owned().unwrap_or_else(|| md5_hex(call.body)),
            version: pushed.version.integer(),
            topic,
            trusted: false,
            answer: HookAnswer::json(RECEIVED),
        })
    }
}

/// The message's own content: an object, or one as percent-encoded JSON text.
fn about(msg: &Value) -> Value {
    match msg {
        Value::String(text) => {
            let whole = format!("m={text}");
            let decoded = form_urlencoded::parse(whole.as_bytes()).next().map(|(_, text)| text.into_owned());
            serde_json::from_str(&decoded.unwrap_or_default()).unwrap_or_default()
        }
        other => other.clone(),
    }
}

fn kind(topic: &str) -> HookKind {
    let lower = topic.to_lowercase();
    if lower.contains("stock") {
        HookKind::Stock
    } else if lower.contains("refund") {
        HookKind::Refunds
    } else if lower.starts_with("trade") {
        HookKind::Orders
    } else if lower.starts_with("item") || lower.contains("_item_") {
        HookKind::Goods
    } else {
        HookKind::Other
    }
}

fn ids(kind: HookKind, about: &Value, pushed: &Pushed) -> Vec<String> {
    let text = |name: &str| match about.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let found = match kind {
        HookKind::Orders | HookKind::Refunds => text("tid"),
        HookKind::Goods | HookKind::Stock => text("item_id").or_else(|| text("itemId")),
        _ => None,
    };
    found.or_else(|| pushed.id.owned()).into_iter().collect()
}
