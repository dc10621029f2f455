//! The gateway's signature, the same for affiliate and merchant calls (marketplaces-cn A.1).

use std::collections::BTreeMap;

use kernel::crypto::digest::md5_hex;

/// Upper-case hex MD5 over the secret, every name and value sorted by name, and the secret again.
/// Values are signed un-encoded; absent parameters must not be in `params`.
pub fn sign(params: &BTreeMap<String, String>, secret: &str) -> String {
    let text: String = params.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]).collect();
    md5_hex(format!("{secret}{text}{secret}").as_bytes()).to_ascii_uppercase()
}
