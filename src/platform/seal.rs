//! Envelope encryption at rest: every sealed value carries its key id, earlier keys still open,
//! and the place it is stored at is bound in, so that values cannot be swapped between rows.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, Mac};
use kernel::{Code, Coded};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::config::MASTER_KEY_MIN;

/// Why a value could not be sealed or opened. Never says what the value was.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The master key is missing or too short.
    #[error("the master key must have at least 16 characters")]
    WeakKey,
    /// The value was sealed with a key that is no longer configured.
    #[error("sealed with the unknown key {0}")]
    UnknownKey(String),
    /// The value is damaged, or belongs to another place.
    #[error("a sealed value cannot be opened")]
    Damaged,
}

impl Coded for SealError {
    fn code(&self) -> Code {
        Code::Internal
    }
}

struct Key {
    id: String,
    cipher: Aes256GcmSiv,
}

/// Seals and opens values, and derives the other keys of the installation.
pub struct Sealer {
    live: Key,
    old: Vec<Key>,
    /// The live one first.
    roots: Vec<[u8; 32]>,
    /// Hashes that have taken in their key already, one a root: deriving a key costs more than using it.
    keyed: RwLock<HashMap<&'static str, Arc<[Keyed]>>>,
}

type Keyed = Hmac<Sha256>;

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealer({})", self.live.id)
    }
}

impl Sealer {
    /// A sealer with `master` as its key and `old` ones that still open.
    pub fn new(master: &SecretString, old: &[SecretString]) -> Result<Self, SealError> {
        let root = stretch(master)?;
        let old_roots = old.iter().map(stretch).collect::<Result<Vec<_>, _>>()?;
        let old = old_roots.iter().map(|root| key_from(*root)).collect::<Result<_, _>>()?;
        let roots = std::iter::once(root).chain(old_roots).collect();
        Ok(Self { live: key_from(root)?, old, roots, keyed: RwLock::default() })
    }

    /// Seals `plain` for `place`, such as `shops.sealed_secrets:shp_…`.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<String, SealError> {
        let nonce: [u8; 12] = rand::random();
        let payload = Payload { msg: plain, aad: place.as_bytes() };
        let sealed = self.live.cipher.encrypt(&Nonce::from(nonce), payload).map_err(|_| SealError::Damaged)?;
        Ok(format!("v1.{}.{}.{}", self.live.id, BASE64.encode(nonce), BASE64.encode(sealed)))
    }

    /// Opens what [`Sealer::seal`] made for the same `place`.
    pub fn open(&self, place: &str, sealed: &str) -> Result<Vec<u8>, SealError> {
        let mut parts = sealed.splitn(4, '.');
        let (Some("v1"), Some(id), Some(nonce), Some(body)) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(SealError::Damaged);
        };
        let key = std::iter::once(&self.live)
            .chain(&self.old)
            .find(|key| key.id == id)
            .ok_or_else(|| SealError::UnknownKey(id.to_owned()))?;
        let nonce = BASE64.decode(nonce).map_err(|_| SealError::Damaged)?;
        let nonce: [u8; 12] = nonce.try_into().map_err(|_| SealError::Damaged)?;
        let body = BASE64.decode(body).map_err(|_| SealError::Damaged)?;
        let payload = Payload { msg: &body, aad: place.as_bytes() };
        key.cipher.decrypt(&Nonce::from(nonce), payload).map_err(|_| SealError::Damaged)
    }

    /// Opens a sealed text.
    pub fn open_text(&self, place: &str, sealed: &str) -> Result<String, SealError> {
        String::from_utf8(self.open(place, sealed)?).map_err(|_| SealError::Damaged)
    }

    /// Whether `sealed` was made with the live key, so that `secrets rotate` may leave it.
    pub fn is_fresh(&self, sealed: &str) -> bool {
        sealed.split('.').nth(1) == Some(self.live.id.as_str())
    }

    /// A keyed hash of `text` for `purpose`: a blind index, a token's signature.
    pub fn keyed_hash(&self, purpose: &'static str, text: &[u8]) -> [u8; 32] {
        // There is a live root always.
        self.keyed(purpose).first().map(|keyed| finish(keyed.clone(), text)).unwrap_or_default()
    }

    /// Whether `given` is the keyed hash of `text` under the live key or an earlier one, each
    /// compared in constant time.
    pub fn is_keyed_hash(&self, purpose: &'static str, text: &[u8], given: &[u8]) -> bool {
        self.keyed(purpose).iter().any(|keyed| finish(keyed.clone(), text).ct_eq(given).into())
    }

    fn keyed(&self, purpose: &'static str) -> Arc<[Keyed]> {
        if let Some(known) = self.keyed.read().unwrap_or_else(PoisonError::into_inner).get(purpose) {
            return Arc::clone(known);
        }
        let made: Arc<[Keyed]> = self.roots.iter().map(|root| keyed(&derive(root, purpose))).collect();
        let mut known = self.keyed.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(purpose).or_insert(made))
    }
}

fn stretch(master: &SecretString) -> Result<[u8; 32], SealError> {
    let text = master.expose_secret();
    if text.chars().count() < MASTER_KEY_MIN {
        return Err(SealError::WeakKey);
    }
    Ok(mac(&Sha256::digest(b"tuanqiao master key").into(), text.as_bytes()))
}

fn key_from(root: [u8; 32]) -> Result<Key, SealError> {
    let key = derive(&root, "seal");
    let id = hex::encode(mac(&root, b"key id").get(..4).unwrap_or_default());
    let cipher = Aes256GcmSiv::new_from_slice(&key).map_err(|_| SealError::WeakKey)?;
    Ok(Key { id, cipher })
}

fn derive(root: &[u8; 32], purpose: &str) -> [u8; 32] {
    mac(root, format!("purpose:{purpose}").as_bytes())
}

fn mac(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
    finish(keyed(key), text)
}

fn keyed(key: &[u8; 32]) -> Keyed {
    // HMAC pads its key with zeros to the hash's block of 64 bytes.
    let mut block = [0u8; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    Keyed::new(&block.into())
}

fn finish(mut mac: Keyed, text: &[u8]) -> [u8; 32] {
    mac.update(text);
    mac.finalize().into_bytes().into()
}

/// The SHA-256 of a token, as stored in its place.
pub fn token_hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sealer(key: &str, old: &[&str]) -> Sealer {
        let old: Vec<SecretString> = old.iter().map(|k| (*k).to_owned().into()).collect();
        Sealer::new(&key.to_owned().into(), &old).unwrap()
    }

    #[test]
    fn a_sealed_value_opens_at_its_own_place_alone() {
        let sealer = sealer("0123456789abcdef", &[]);
        let sealed = sealer.seal("shops:1", b"secret").unwrap();
        assert_eq!(sealer.open("shops:1", &sealed).unwrap(), b"secret");
        assert!(matches!(sealer.open("shops:2", &sealed), Err(SealError::Damaged)));
        assert!(matches!(sealer.open("shops:1", "v1.x"), Err(SealError::Damaged)));
        assert!(!sealed.contains("secret"));
    }

    #[test]
    fn an_earlier_key_still_opens_and_an_unknown_one_is_named() {
        let sealed = sealer("the first master key", &[]).seal("p", b"x").unwrap();
        let rotated = sealer("the second master key", &["the first master key"]);
        assert_eq!(rotated.open("p", &sealed).unwrap(), b"x");
        assert!(!rotated.is_fresh(&sealed) && rotated.is_fresh(&rotated.seal("p", b"x").unwrap()));
        assert!(matches!(sealer("another master key", &[]).open("p", &sealed), Err(SealError::UnknownKey(_))));
    }

    #[test]
    fn a_short_master_key_is_refused() {
        assert!(matches!(Sealer::new(&"short".to_owned().into(), &[]), Err(SealError::WeakKey)));
    }
}
