//! A pushed message, JSON or XML, as far as every kind has it in common (sheet §9).

use std::fmt;

use serde_json::Value;

use super::push_xml;

/// One pushed message or event.
#[derive(Clone, PartialEq, Eq)]
pub struct PushMessage {
    /// `event`, `text`, `image`, …
    pub msg_type: String,
    /// The event's name; none for a message of a user.
    pub event: Option<String>,
    /// The user it is about.
    pub openid: String,
    /// The same for every delivery of the same message: the store is unique by it.
    pub key: String,
    /// The whole message.
    pub content: Value,
}

impl PushMessage {
    /// Reads an opened push. `None` for an empty or foreign body: answered with success and left.
    #[must_use]
    pub fn parse(message: &[u8]) -> Option<Self> {
        let message = std::str::from_utf8(message).ok()?.trim_start();
        let content: Value =
            if message.starts_with('<') { push_xml::parse(message)? } else { serde_json::from_str(message).ok()? };
        let text = |name: &str| content.get(name).map(plain).unwrap_or_default();
        let (msg_type, event, openid) = (text("MsgType"), text("Event"), text("FromUserName"));
        if msg_type.is_empty() {
            return None;
        }
        let id = text("MsgId");
        let key = if id.is_empty() {
            // Events carry no id; a payment or a check is told apart by its own number.
            let own = [text("transaction_id"), text("trace_id")].concat();
            format!("{openid}:{}:{event}:{own}", text("CreateTime"))
        } else {
            id
        };
        let event = (!event.is_empty()).then_some(event);
        Some(Self { msg_type, event, openid, key, content })
    }

    /// The entries of `List`, which is an object when there is one and an array when there are
    /// several; in XML it stands in an element named after the event.
    #[must_use]
    pub fn list(&self) -> Vec<&Value> {
        let within = ["SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent"];
        let in_event = || within.iter().find_map(|name| self.content.get(name)?.get("List"));
        match self.content.get("List").or_else(in_event) {
            Some(Value::Array(entries)) => entries.iter().collect(),
            Some(entry @ Value::Object(_)) => vec![entry],
            _ => Vec::new(),
        }
    }

    /// A field as text, whether it came as text or as a number.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<String> {
        self.content.get(name).map(plain).filter(|text| !text.is_empty())
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

impl fmt::Debug for PushMessage {
    /// Leaves out the content and the user.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushMessage")
            .field("msg_type", &self.msg_type)
            .field("event", &self.event)
            .finish_non_exhaustive()
    }
}
