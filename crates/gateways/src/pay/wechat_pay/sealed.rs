//! Opens what WeChat Pay seals with the APIv3 key, through the SDK's primitive (sheet §4, §13).

use kernel::crypto::CryptoError;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use wechat_pay_rust_sdk::pay::{PayNotifyTrait as _, WechatPay as Sdk};

use crate::lenient::null_is_default;

/// The sealed part of a notification or of a certificate entry.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Sealed {
    #[serde(default, deserialize_with = "null_is_default")]
    pub algorithm: String,
    pub nonce: String,
    /// May be empty or absent.
    #[serde(default)]
    pub associated_data: Option<String>,
    pub ciphertext: String,
    #[serde(default)]
    pub original_type: Option<String>,
}

/// Holds the APIv3 key, and the one before it as long as it counts. The SDK's own type prints its
/// secrets, so it never leaves this file.
pub(super) struct Opener {
    key: Sdk,
    earlier: Option<(Sdk, i64)>,
}

impl Opener {
    /// `earlier` is the key before, and until when it opens.
    ///
    /// Errors: [`CryptoError::Key`] unless a key has exactly 32 bytes.
    pub fn new(api_v3_key: &SecretString, earlier: Option<(&SecretString, i64)>) -> Result<Self, CryptoError> {
        let earlier = earlier.map(|(key, until)| Ok((sdk(key)?, until))).transpose()?;
        Ok(Self { key: sdk(api_v3_key)?, earlier })
    }

    /// Opens what was sealed with the key, or until its end with the one before.
    ///
    /// Errors: [`CryptoError::Sealed`] for whatever cannot be opened.
    pub fn open(&self, sealed: &Sealed, now: i64) -> Result<Vec<u8>, CryptoError> {
        if sealed.algorithm != "AEAD_AES_256_GCM" {
            return Err(CryptoError::Sealed);
        }
        let associated = sealed.associated_data.as_deref().unwrap_or("");
        let open = |key: &Sdk| key.decrypt_bytes(sealed.ciphertext.as_str(), sealed.nonce.as_str(), associated);
        let opened = open(&self.key).ok();
        let earlier = || self.earlier.as_ref().filter(|(_, until)| now < *until).and_then(|(key, _)| open(key).ok());
        opened.or_else(earlier).ok_or(CryptoError::Sealed)
    }
}

fn sdk(api_v3_key: &SecretString) -> Result<Sdk, CryptoError> {
    let key = api_v3_key.expose_secret();
    if key.len() != 32 {
        return Err(CryptoError::Key("an APIv3 key of 32 characters"));
    }
    // Only the SDK's decryption is used; it needs nothing but the key.
    Ok(Sdk::new("", "", "", "", key, ""))
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opener([REDACTED])")
    }
}
