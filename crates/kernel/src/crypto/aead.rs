//! AES-256-GCM as WeChat Pay seals notifications and certificates: the key is the 32 characters of
//! the APIv3 key, the nonce 12 characters of text, the tag stands at the end (WeChat Pay sheet §4).

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::{CryptoError, base64_decode, base64_encode};

/// A key for [`open`](AeadKey::open) and [`seal`](AeadKey::seal).
pub struct AeadKey(LessSafeKey);

impl AeadKey {
    /// Takes the key's bytes as they are, neither hex nor Base64.
    ///
    /// Errors: [`CryptoError::Key`] unless there are exactly 32.
    pub fn new(key: &[u8]) -> Result<Self, CryptoError> {
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| CryptoError::Key("32 bytes"))?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Opens Base64 of ciphertext and tag.
    ///
    /// Errors: [`CryptoError::Base64`], or [`CryptoError::Sealed`] for a wrong key, nonce, associated data or tag.
    pub fn open(&self, nonce: &str, associated_data: &str, ciphertext: &str) -> Result<Vec<u8>, CryptoError> {
        let mut bytes = base64_decode(ciphertext)?;
        let plain = self
            .0
            .open_in_place(nonce_of(nonce)?, Aad::from(associated_data.as_bytes()), &mut bytes)
            .map_err(|_| CryptoError::Sealed)?;
        Ok(plain.to_vec())
    }

    /// Seals `plain`, to Base64 of ciphertext and tag. A nonce must never be used twice with one key.
    ///
    /// Errors: [`CryptoError::Sealed`] unless the nonce has 12 bytes.
    pub fn seal(&self, nonce: &str, associated_data: &str, plain: &[u8]) -> Result<String, CryptoError> {
        let mut bytes = plain.to_vec();
        self.0
            .seal_in_place_append_tag(nonce_of(nonce)?, Aad::from(associated_data.as_bytes()), &mut bytes)
            .map_err(|_| CryptoError::Library)?;
        Ok(base64_encode(bytes))
    }
}

fn nonce_of(text: &str) -> Result<Nonce, CryptoError> {
    Nonce::try_assume_unique_for_key(text.as_bytes()).map_err(|_| CryptoError::Sealed)
}

impl fmt::Debug for AeadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AeadKey([REDACTED])")
    }
}
