//! The gateway's signature, the same for affiliate and merchant calls (marketplaces-cn A.1).

use std::collections::BTreeMap;

use md5::{Digest, Md5};

/// Upper-case hex MD5 over the secret, every name and value sorted by name, and the secret again.
/// Values are signed un-encoded; absent parameters must not be in `params`.
pub fn sign(params: &BTreeMap<String, String>, secret: &str) -> String {
    let mut digest = Md5::new();
    digest.update(secret);
    for (name, value) in params {
        digest.update(name);
        digest.update(value);
    }
    digest.update(secret);
    hex::encode_upper(digest.finalize())
}
