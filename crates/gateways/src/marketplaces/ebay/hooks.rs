//! The notice of a deleted account, which every app must take, and the question that proves our address.

use kernel::crypto::{base64_decode, digest, ecdsa};
use serde::{Deserialize, Serialize};

use super::super::connector::{BoxFeed, Feed};
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{HttpReply, HttpRequest, segment};
use super::super::hooks::{Erasure, HookAnswer, HookCall, HookEvent, HookKind, HookSource, bad_signature};
use super::super::loose::Loose;
use super::super::model::{Cursor, Page};
use super::super::oauth;
use super::Ebay;

/// The right that an app has without a merchant.
const APP_SCOPE: &str = "https://api.ebay.com/oauth/api_scope";

#[derive(Deserialize)]
struct Signature {
    kid: String,
    signature: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Message {
    metadata: Metadata,
    notification: Notification,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata {
    topic: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Notification {
    notification_id: Loose,
    data: Data,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Data {
    user_id: Loose,
    username: Loose,
    order_id: Loose,
}

fn signature(call: &HookCall<'_>) -> Option<Signature> {
    let text = base64_decode(call.header("x-ebay-signature")?).ok()?;
    serde_json::from_slice(&text).ok()
}

impl HookSource for Ebay {
    fn key_id(&self, call: &HookCall<'_>) -> Option<String> {
        signature(call).map(|signature| signature.kid)
    }

    fn key<'a>(&'a self, id: &'a str) -> Option<BoxFeed<'a, String>> {
        Some(Box::new(PublicKey { ebay: self, id }))
    }

    fn receive(&self, call: &HookCall<'_>) -> Result<HookEvent, ApiError> {
        if call.method == "GET" {
            return self.challenge(call);
        }
        let signed = signature(call).ok_or_else(bad_signature)?;
        let key = call.key.ok_or_else(bad_signature)?;
        ecdsa::verify_p256_sha1(key, call.body, &signed.signature).map_err(|_| bad_signature())?;
        let message: Message = serde_json::from_slice(call.body).map_err(|_| ApiError::malformed("no JSON"))?;
        let topic = message.metadata.topic.owned().unwrap_or_default();
        let kind = kind(&topic);
        let data = message.notification.data;
        // Orders name their buyer by either, depending on where he lives.
        let names: Vec<String> = [&data.username, &data.user_id].into_iter().filter_map(Loose::owned).collect();
        let ids = data.order_id.owned().or_else(|| data.user_id.owned()).or_else(|| data.username.owned());
        Ok(HookEvent {
            kind,
            topic,
            // The notice tells of a buyer; it names no merchant.
            account_id: None,
            erases: (kind == HookKind::Privacy && !names.is_empty()).then_some(Erasure::Buyer(names)),
            ids: ids.into_iter().collect(),
            dedupe_key: message.notification.notification_id.owned().unwrap_or_else(|| digest::sha256_hex(call.body)),
            version: None,
            trusted: true,
            answer: HookAnswer::json("{}"),
        })
    }

    fn refusal(&self) -> u16 {
        412
    }
}

fn kind(topic: &str) -> HookKind {
    match topic {
        "MARKETPLACE_ACCOUNT_DELETION" => HookKind::Privacy,
        "AUTHORIZATION_REVOCATION" => HookKind::Revoked,
        topic if topic.contains("ORDER") => HookKind::Orders,
        topic if topic.starts_with("ITEM_") => HookKind::Goods,
        _ => HookKind::Other,
    }
}

impl Ebay {
    fn challenge(&self, call: &HookCall<'_>) -> Result<HookEvent, ApiError> {
        let code = call.parameter("challenge_code").ok_or_else(bad_signature)?;
        let token = self.verification_token.as_deref().ok_or_else(|| {
            ApiError::new(ErrorClass::BadConfiguration, "verification_token", "the app has no verification_token")
        })?;
        let proof = digest::sha256_hex(format!("{code}{token}{}", call.address).as_bytes());
        Ok(HookEvent {
            kind: HookKind::Challenge,
            topic: "challenge".to_owned(),
            account_id: None,
            ids: Vec::new(),
            erases: None,
            dedupe_key: proof.clone(),
            version: None,
            trusted: false,
            answer: HookAnswer::json(serde_json::json!({"challengeResponse": proof}).to_string()),
        })
    }
}

/// A public key, for which the app needs a token of its own first. Keys may be kept for an hour and more.
struct PublicKey<'a> {
    ebay: &'a Ebay,
    id: &'a str,
}

#[derive(Serialize, Deserialize)]
struct AppToken(String);

#[derive(Deserialize, Default)]
#[serde(default)]
struct KeyAnswer {
    key: Loose,
}

impl Feed<String> for PublicKey<'_> {
    fn request(&self, cursor: Option<&Cursor>) -> Result<HttpRequest, ApiError> {
        let Some(cursor) = cursor else {
            return Ok(self.ebay.token_request("client_credentials").with("scope", APP_SCOPE));
        };
        let AppToken(token) = cursor.open()?;
        let path = format!("/commerce/notification/v1/public_key/{}", segment(self.id));
        let request = HttpRequest::get("getPublicKey", path).at(self.ebay.host("api"));
        Ok(request.header("authorization", format!("Bearer {token}")).complete())
    }

    fn read(&self, cursor: Option<&Cursor>, reply: &HttpReply) -> Result<Page<String>, ApiError> {
        if cursor.is_none() {
            let tokens = oauth::read(reply)?;
            let token = AppToken(secrecy::ExposeSecret::expose_secret(&tokens.access).to_owned());
            return Ok(Page::of(Vec::new()).and_next(Some(Cursor::of(&token)?)));
        }
        super::errors::classify(reply)?;
        let answer: KeyAnswer = reply.json()?;
        Ok(Page::of(vec![answer.key.owned().ok_or_else(|| ApiError::malformed("no key"))?]))
    }
}
