//! The gateway's signature (marketplaces-cn D.1).

use std::collections::BTreeMap;

use kernel::crypto::digest::md5_hex;

/// Upper-case MD5 of every name and value sorted by name, the secret around them. The JSON text of
/// the parameters is signed byte for byte.
pub fn sign(params: &BTreeMap<String, String>, secret: &str) -> String {
    let text: String = params.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]).collect();
    md5_hex(format!("{secret}{text}{secret}").as_bytes()).to_ascii_uppercase()
}
