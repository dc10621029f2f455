//! TOP's three signatures, the same for affiliate and merchant calls (marketplaces-cn C.1).

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha2::Sha256;

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
        match self {
            SignMethod::Md5 => hex::encode_upper(Md5::digest(format!("{secret}{text}{secret}"))),
            SignMethod::Hmac => keyed::<Hmac<Md5>>(secret, &text),
            SignMethod::HmacSha256 => keyed::<Hmac<Sha256>>(secret, &text),
        }
    }
}

fn keyed<M: Mac + KeyInit>(secret: &str, text: &str) -> String {
    // HMAC takes keys of any length, so the error cannot occur; an empty signature is refused there.
    let Ok(mac) = <M as KeyInit>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    hex::encode_upper(mac.chain_update(text).finalize().into_bytes())
}
