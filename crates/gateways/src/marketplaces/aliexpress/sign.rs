//! The gateway's signature.

use std::collections::BTreeMap;

use kernel::crypto::digest::hmac_sha256_hex;

/// Upper-case HMAC-SHA256 over every name and value sorted by name, values un-encoded; `path` is that of
/// a system method and comes first.
pub fn sign(path: Option<&str>, params: &BTreeMap<String, String>, secret: &str) -> String {
    let fields: String = params.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]).collect();
    let text = format!("{}{fields}", path.unwrap_or_default());
    hmac_sha256_hex(secret.as_bytes(), text.as_bytes()).to_ascii_uppercase()
}
