//! The address of Pinduoduo's message socket (marketplaces-cn B.4). Two client libraries agree on it; the
//! platform documents its own Java client alone, so this stands in one place and polling stays the base.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kernel::crypto::digest::md5_hex;

/// The path at `wss://message-api.pinduoduo.com` for a connection made at `millis`.
pub fn path(client_id: &str, client_secret: &str, millis: i64) -> String {
    let digest = md5_hex(format!("{client_id}{millis}{client_secret}").as_bytes());
    format!("/message/{client_id}/{millis}/{}", BASE64_STANDARD.encode(digest))
}
