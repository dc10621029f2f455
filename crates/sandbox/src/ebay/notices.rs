//! Signed notices, the mandatory one of a deleted account among them, and the question that proves an
//! address.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::NoticeKey;
use crate::clock::rfc3339_utc_millis;
use crate::crypto;
use crate::pay::SignedNotice;
use crate::state::SandboxState;
use crate::stores::{Happening, Hook, StoreEvent, StorePlatform};

fn key(state: &SandboxState) -> Option<NoticeKey> {
    NoticeKey::read(state.store_app(StorePlatform::Ebay).more.get("notice_key")?).ok()
}

/// The id of the key and its public half, as the key call tells them.
pub(super) fn public_key(state: &SandboxState) -> (String, String) {
    let line = key(state).and_then(|key| key.public_line().ok()).unwrap_or_default();
    let hash = crypto::sha256_hex(&line);
    let piece = |from: usize, to: usize| hash.get(from..to).unwrap_or_default();
    (format!("{}-{}-{}", piece(0, 8), piece(8, 12), piece(12, 16)), line)
}

/// What is told of `event`: that a seller took his consent back. Orders and goods are asked for.
pub(crate) fn push(state: &SandboxState, hook: &Hook, event: &StoreEvent) -> Option<(String, SignedNotice)> {
    let topic = (event.what == Happening::Uninstalled).then_some("AUTHORIZATION_REVOCATION")?;
    let data = json!({"username": event.store.seller, "userId": event.store.seller, "eventReason": "TOKEN_REVOCATION"});
    Some((topic.to_owned(), notice(state, &hook.address, topic, data)?))
}

fn notice(state: &SandboxState, address: &str, topic: &str, data: Value) -> Option<SignedNotice> {
    let now = rfc3339_utc_millis(state.clock().wall());
    let hash = crypto::sha256_hex(&crypto::random_text(32));
    let body = json!({"metadata": {"topic": topic, "schemaVersion": "1.0", "deprecated": false},
        "notification": {"notificationId": hash.get(..36), "eventDate": now, "publishDate": now,
            "publishAttemptCount": 1, "data": data}});
    let body = body.to_string().into_bytes();
    let signature = key(state)?.sign_sha1(&body).ok()?;
    let header = json!({"alg": "ecdsa", "kid": public_key(state).0, "signature": signature, "digest": "SHA1"});
    Some(SignedNotice {
        url: address.to_owned(),
        headers: vec![
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("X-EBAY-SIGNATURE".to_owned(), STANDARD.encode(header.to_string())),
        ],
        body,
    })
}

impl SandboxState {
    /// The notice that the account of `user` was deleted, signed, for a shop's address. Every application
    /// must take it.
    pub fn ebay_deletion_notice(&self, address: &str, user: &str) -> Option<SignedNotice> {
        let data = json!({"username": user, "userId": user, "eiasToken": "nY+sHZ2PrBmdj6wVnY+sEZ2PrA2dj6"});
        notice(self, address, "MARKETPLACE_ACCOUNT_DELETION", data)
    }

    /// The question that proves a shop's address: the code to ask with (`?challenge_code=`), and what
    /// must be answered as `challengeResponse`.
    pub fn ebay_challenge(&self, address: &str) -> (String, String) {
        let code = crypto::sha256_hex(&crypto::random_text(32)).chars().take(32).collect::<String>();
        let app = self.store_app(StorePlatform::Ebay);
        let token = app.more.get("verification_token").map_or("", String::as_str);
        let answer = crypto::sha256_hex(&format!("{code}{token}{address}"));
        (code, answer)
    }
}
