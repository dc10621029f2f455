//! The signatures of the two gateways.

use std::collections::BTreeMap;

use kernel::crypto::digest::md5_hex;
use url::form_urlencoded::Serializer;

/// Upper-case MD5 of the form as it is sent, sorted by name, the secret around it.
pub fn open(params: &BTreeMap<String, String>, secret: &str) -> String {
    let text = Serializer::new(String::new()).extend_pairs(params).finish();
    md5_hex(format!("{secret}{text}{secret}").as_bytes()).to_ascii_uppercase()
}

/// Upper-case MD5 of every name and value sorted by name, un-encoded, the secret around them.
pub fn b2c(params: &BTreeMap<String, String>, secret: &str) -> String {
    let text: String = params.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]).collect();
    md5_hex(format!("{secret}{text}{secret}").as_bytes()).to_ascii_uppercase()
}
