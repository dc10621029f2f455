//! Digests in lower-case hex, keyed and plain, and comparison in constant time.
//!
//! MD5 and SHA-1 stand here because partners prescribe them for signatures; nothing of ours uses them.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use aws_lc_rs::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA256, Key, sign};
use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::{Digest as _, Md5};

use super::CryptoError;

/// SHA-256 of `bytes`.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}

/// SHA-256 in hex.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(sha256(bytes))
}

/// SHA-1 in hex.
#[must_use]
pub fn sha1_hex(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes))
}

/// MD5 in hex.
#[must_use]
pub fn md5_hex(bytes: &[u8]) -> String {
    hex::encode(Md5::digest(bytes))
}

/// HMAC-SHA256 of `message`.
#[must_use]
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(sign(&Key::new(HMAC_SHA256, key), message).as_ref());
    out
}

/// HMAC-SHA256 in hex.
#[must_use]
pub fn hmac_sha256_hex(key: &[u8], message: &[u8]) -> String {
    hex::encode(hmac_sha256(key, message))
}

/// HMAC-SHA1 of `message`.
#[must_use]
pub fn hmac_sha1(key: &[u8], message: &[u8]) -> [u8; 20] {
    let mut out = [0; 20];
    out.copy_from_slice(sign(&Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, key), message).as_ref());
    out
}

/// HMAC-MD5 in hex. Errors: none in practice, a key of any length is accepted.
pub fn hmac_md5_hex(key: &[u8], message: &[u8]) -> Result<String, CryptoError> {
    let mut mac = Hmac::<Md5>::new_from_slice(key).map_err(|_| CryptoError::Key("bytes"))?;
    mac.update(message);
    Ok(hex::encode(mac.finalize().into_bytes()))
}

/// Whether both are equal, in a time that depends on their lengths alone.
#[must_use]
pub fn same(a: impl AsRef<[u8]>, b: impl AsRef<[u8]>) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a.as_ref(), b.as_ref()).is_ok()
}
