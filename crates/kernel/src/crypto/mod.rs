//! Signing, verifying, sealing and hashing. Pure: no I/O, no clock, no configuration.
//!
//! Keys are parsed once, at construction, and a parsed key can no longer fail to load. No `Debug`
//! output here shows key material. Which partner wants which of these is the gateways' business;
//! what the bytes look like is said here once, for the gateways and for their stand-ins.

pub mod aead;
pub mod certificate;
pub mod digest;
pub mod ecdsa;
mod pem;
pub mod push;
pub mod random;
pub mod rsa;
pub mod user_data;

mod cbc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Why a cryptographic step was refused.
///
/// Meant for our own logs: whoever faces the outside answers every variant alike, so that a caller
/// learns nothing about which check failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    /// Key material has the wrong form or length; the text says what was expected.
    #[error("unusable key: {0}")]
    Key(&'static str),
    /// Text that should be Base64 is not.
    #[error("not base64")]
    Base64,
    /// A ciphertext or the length inside it is impossible.
    #[error("impossible length")]
    Length,
    /// The bytes after the message are not the padding the format prescribes.
    #[error("wrong padding")]
    Padding,
    /// The authentication tag does not fit: another key, other data, or tampering.
    #[error("cannot be opened")]
    Sealed,
    /// The signature does not belong to these bytes and this key.
    #[error("wrong signature")]
    Signature,
    /// The content was made for another app.
    #[error("meant for another app")]
    ForeignApp,
    /// The opened content is not the JSON it should be.
    #[error("not the expected JSON")]
    Json,
    /// The text is longer than the algorithm can take in one piece.
    #[error("too long to encrypt")]
    TooLong,
    /// The library refused a step that should not fail; nothing was produced.
    #[error("cryptographic library refused")]
    Library,
}

/// Opens AES-CBC with a key of 16 or 32 bytes and ordinary padding, as partners beside WeChat use it.
/// It proves nothing about who sealed it.
///
/// Errors: [`CryptoError::Key`], [`CryptoError::Length`], [`CryptoError::Padding`].
pub fn open_aes_cbc(key: &[u8], iv: &[u8; 16], sealed: Vec<u8>) -> Result<Vec<u8>, CryptoError> {
    cbc::decrypt(key, iv, sealed, 16)
}

/// Base64 with the standard alphabet and padding.
#[must_use]
pub fn base64_encode(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// Reads standard Base64. Errors: [`CryptoError::Base64`].
pub fn base64_decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, CryptoError> {
    STANDARD.decode(text).map_err(|_| CryptoError::Base64)
}
