//! Signed and encrypted user data of the mini-program (mini-program sheet §1.2, §1.3).

use super::digest::{hmac_sha256_hex, same, sha1_hex};
use super::{CryptoError, base64_decode, cbc};

/// Padding of user data, as ordinary AES.
const BLOCK: usize = 16;

/// Checks `signature` over `raw_data`, which must be the text exactly as received.
///
/// `session_key` is used as its Base64 text, not decoded. Errors: [`CryptoError::Signature`].
pub fn check_signature(session_key: &str, raw_data: &str, signature: &str) -> Result<(), CryptoError> {
    let wanted = sha1_hex(format!("{raw_data}{session_key}").as_bytes());
    if same(wanted, signature) { Ok(()) } else { Err(CryptoError::Signature) }
}

/// The `signature` parameter of checksession and resetusersessionkey: keyed with the Base64 text.
#[must_use]
pub fn session_signature(session_key: &str, data: &str) -> String {
    hmac_sha256_hex(session_key.as_bytes(), data.as_bytes())
}

/// Opens `encrypted_data` and returns its JSON, after checking that it was made for `appid`.
///
/// Errors: [`CryptoError::Base64`], [`CryptoError::Key`] for a session key or IV that is not 16
/// bytes, [`CryptoError::Length`], [`CryptoError::Padding`], [`CryptoError::Json`] (mostly: another
/// login's session key), [`CryptoError::ForeignApp`].
pub fn open(session_key: &str, iv: &str, encrypted_data: &str, appid: &str) -> Result<serde_json::Value, CryptoError> {
    const WANTED: CryptoError = CryptoError::Key("16 bytes");
    let key: [u8; 16] = base64_decode(session_key)?.try_into().map_err(|_| WANTED)?;
    let iv: [u8; 16] = base64_decode(iv)?.try_into().map_err(|_| WANTED)?;
    let plain = cbc::decrypt(&key, &iv, base64_decode(encrypted_data)?, BLOCK)?;
    let data: serde_json::Value = serde_json::from_slice(&plain).map_err(|_| CryptoError::Json)?;
    let owner = data.pointer("/watermark/appid").and_then(|v| v.as_str());
    match owner {
        Some(owner) if same(owner, appid) => Ok(data),
        _ => Err(CryptoError::ForeignApp),
    }
}
