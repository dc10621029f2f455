//! TOP's three signatures, the same for affiliate and merchant calls (marketplaces-cn C.1).

use std::collections::BTreeMap;

use kernel::crypto::digest::{hmac_md5_hex, hmac_sha256_hex, md5_hex};

/// How a call is signed; the name is sent and signed too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignMethod {
    /// MD5 with the secret around the text.
    Md5,
    /// HMAC-MD5 keyed with the secret.
    Hmac,
    /// HMAC-SHA256 keyed with the secret.
    HmacSha256,
}

impl SignMethod {
    /// The method of that `sign_method` name.
    pub fn parse(name: &str) -> Option<SignMethod> {
        [SignMethod::Md5, SignMethod::Hmac, SignMethod::HmacSha256].into_iter().find(|method| method.name() == name)
    }

    /// Its `sign_method` name.
    pub fn name(self) -> &'static str {
        match self {
            SignMethod::Md5 => "md5",
            SignMethod::Hmac => "hmac",
            SignMethod::HmacSha256 => "hmac-sha256",
        }
    }

    /// Upper-case hex signature over every name and value sorted by name, values un-encoded.
    pub fn sign(self, params: &BTreeMap<String, String>, secret: &str) -> String {
        let text: String = params.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]).collect();
        let lower = match self {
            SignMethod::Md5 => md5_hex(format!("{secret}{text}{secret}").as_bytes()),
            // HMAC takes keys of any length, so there is no error; an empty signature is refused there.
            SignMethod::Hmac => hmac_md5_hex(secret.as_bytes(), text.as_bytes()).unwrap_or_default(),
            SignMethod::HmacSha256 => hmac_sha256_hex(secret.as_bytes(), text.as_bytes()),
        };
        lower.to_ascii_uppercase()
    }
}
