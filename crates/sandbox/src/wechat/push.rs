//! Message push: what WeChat posts to a shop about its mini-program, plain or sealed, JSON or XML.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::courier::Delivery;
use crate::crypto::{self, CryptoError};
use crate::pay::notices::SignedNotice;
use crate::state::{Merchant, SandboxState};

/// What the console was told: how messages are sealed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushMode {
    /// Not at all.
    Plain,
    /// Sealed, and beside it once more in plain.
    Compat,
    /// Sealed.
    #[default]
    Safe,
}

/// How messages are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushFormat {
    /// Recommended.
    #[default]
    Json,
    /// The older form.
    Xml,
}

/// A true push, or a forgery that a shop must refuse.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushKind {
    /// WeChat's own.
    #[default]
    Genuine,
    /// Signed with another token.
    BadSignature,
    /// Sealed with another key, well signed.
    WrongKey,
    /// Sealed for another mini-program.
    OtherApp,
}

/// A message to push.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Push {
    /// The shop's address, `…/notify/wechat-message/{shop}`.
    pub url: String,
    /// The mini-program; the first merchant's when left out.
    #[serde(default)]
    pub appid: Option<String>,
    /// The message: `MsgType`, `Event`, `FromUserName`, `CreateTime`, …
    pub message: Map<String, Value>,
    /// How it is sealed.
    #[serde(default)]
    pub mode: PushMode,
    /// How it is written.
    #[serde(default)]
    pub format: PushFormat,
    /// Whether it is true.
    #[serde(default)]
    pub kind: PushKind,
}

/// Why nothing was pushed.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// No mini-program has this appid.
    #[error("no mini-program has the appid {0}")]
    NoApp(String),
    /// Its keys do not work.
    #[error(transparent)]
    Keys(#[from] CryptoError),
}

impl SandboxState {
    /// Pushes a message once and tells what the shop answered.
    pub async fn push(&self, push: &Push) -> Result<Delivery, PushError> {
        let signed = self.sign_push(push)?;
        Ok(self.0.courier.post(signed).await)
    }

    /// The push as it stands on the wire, its signatures in the address.
    fn sign_push(&self, push: &Push) -> Result<SignedNotice, PushError> {
        let appid = push.appid.clone().unwrap_or_else(|| self.keys().merchant.appid.clone());
        let merchant = self.merchant_of_app(&appid).ok_or(PushError::NoApp(appid))?;
        let (timestamp, nonce) = (self.clock().wall().to_string(), crypto::random_text(10));
        let token = match push.kind {
            PushKind::BadSignature => "another token",
            _ => merchant.push_token.as_str(),
        };
        let plain = written(&push.message, push.format);
        let mut query = vec![
            ("signature", crypto::sha1_of_sorted(&[token, &timestamp, &nonce])),
            ("timestamp", timestamp.clone()),
            ("nonce", nonce.clone()),
        ];
        let body = if push.mode == PushMode::Plain {
            plain
        } else {
            let encrypt = sealed(&merchant, push.kind, &plain)?;
            query.push(("encrypt_type", "aes".to_owned()));
            query.push(("msg_signature", crypto::sha1_of_sorted(&[token, &timestamp, &nonce, &encrypt])));
            wrapped(push, &encrypt)
        };
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        let query = pairs.extend_pairs(query).finish();
        let kind = if push.format == PushFormat::Json { "application/json" } else { "text/xml" };
        let headers = vec![("Content-Type".to_owned(), kind.to_owned())];
        Ok(SignedNotice { url: format!("{}?{query}", push.url), headers, body: body.into_bytes() })
    }
}

fn sealed(merchant: &Merchant, kind: PushKind, plain: &str) -> Result<String, CryptoError> {
    let other_key = "A".repeat(43);
    let key = if kind == PushKind::WrongKey { &other_key } else { &merchant.push_aes_key };
    let appid = if kind == PushKind::OtherApp { "wx0000000000000000" } else { &merchant.appid };
    crypto::seal_push(key, plain.as_bytes(), appid)
}

/// The envelope: the sealed text, in compat mode with the message beside it.
fn wrapped(push: &Push, encrypt: &str) -> String {
    let mut envelope = match push.mode {
        PushMode::Compat => push.message.clone(),
        _ => Map::new(),
    };
    envelope.insert("ToUserName".to_owned(), json!("gh_sandbox"));
    envelope.insert("Encrypt".to_owned(), json!(encrypt));
    written(&envelope, push.format)
}

fn written(message: &Map<String, Value>, format: PushFormat) -> String {
    match format {
        PushFormat::Json => Value::Object(message.clone()).to_string(),
        PushFormat::Xml => format!("<xml>{}</xml>", elements(message)),
    }
}

fn elements(members: &Map<String, Value>) -> String {
    members.iter().map(|(name, value)| element(name, value)).collect()
}

fn element(name: &str, value: &Value) -> String {
    let inner = match value {
        Value::Array(several) => return several.iter().map(|one| element(name, one)).collect(),
        Value::Object(members) => elements(members),
        Value::String(text) => format!("<![CDATA[{text}]]>"),
        other => other.to_string(),
    };
    format!("<{name}>{inner}</{name}>")
}
