//! Signatures and ciphers as the platforms make and check them.
//!
//! This is the platforms' side, written apart from the gateways on purpose: a mistake made there
//! must not be repeated here.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::{
    KeyPair, OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
    PublicEncryptingKey,
};
use aws_lc_rs::signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use aws_lc_rs::{digest, hmac, rand};
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, STANDARD};
use base64::{Engine, alphabet};
use md5::{Digest, Md5};

/// A key or a text that the algorithms cannot work with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not usable")]
pub struct CryptoError(pub(crate) &'static str);

/// An RSA private key that signs and opens OAEP ciphertexts.
pub(crate) struct PrivateKey {
    pair: KeyPair,
    opener: OaepPrivateDecryptingKey,
    public_der: Vec<u8>,
}

impl PrivateKey {
    /// Reads a PKCS#8 key.
    pub(crate) fn from_pkcs8(der: &[u8]) -> Result<Self, CryptoError> {
        let pair = KeyPair::from_pkcs8(der).map_err(|_| CryptoError("private key"))?;
        let decrypting = PrivateDecryptingKey::from_pkcs8(der).map_err(|_| CryptoError("private key"))?;
        let opener = OaepPrivateDecryptingKey::new(decrypting).map_err(|_| CryptoError("private key"))?;
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(|_| CryptoError("private key"))?;
        let public_der = public.as_ref().to_vec();
        Ok(Self { pair, opener, public_der })
    }

    /// The public half as SubjectPublicKeyInfo.
    pub(crate) fn public_der(&self) -> &[u8] {
        &self.public_der
    }

    /// RSA PKCS#1 v1.5 with SHA-256 over `message`, raw bytes.
    pub(crate) fn sign_raw(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &rand::SystemRandom::new(), message, &mut signature)
            .map_err(|_| CryptoError("signing key"))?;
        Ok(signature)
    }

    /// As [`PrivateKey::sign_raw`], as Base64.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<String, CryptoError> {
        Ok(STANDARD.encode(self.sign_raw(message)?))
    }

    /// Opens a Base64 RSA-OAEP (SHA-1, MGF1-SHA-1) ciphertext holding UTF-8.
    pub(crate) fn open_oaep(&self, ciphertext: &str) -> Result<String, CryptoError> {
        let sealed = STANDARD.decode(ciphertext).map_err(|_| CryptoError("ciphertext"))?;
        let mut room = vec![0; self.opener.min_output_size()];
        let plain = self
            .opener
            .decrypt(&OAEP_SHA1_MGF1SHA1, &sealed, &mut room, None)
            .map_err(|_| CryptoError("ciphertext"))?;
        String::from_utf8(plain.to_vec()).map_err(|_| CryptoError("ciphertext"))
    }
}

/// A fresh RSA-2048 private key as PKCS#8.
pub(crate) fn generate_private_key() -> Result<Vec<u8>, CryptoError> {
    use aws_lc_rs::encoding::Pkcs8V1Der;
    let pair = KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).map_err(|_| CryptoError("key generator"))?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| CryptoError("key generator"))?;
    Ok(der.as_ref().to_vec())
}

/// An RSA public key that checks signatures and seals OAEP ciphertexts.
pub(crate) struct PublicKey {
    parsed: ParsedPublicKey,
    sealer: OaepPublicEncryptingKey,
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo.
    pub(crate) fn from_der(der: &[u8]) -> Result<Self, CryptoError> {
        let parsed = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der).map_err(|_| CryptoError("public key"))?;
        let encrypting = PublicEncryptingKey::from_der(der).map_err(|_| CryptoError("public key"))?;
        let sealer = OaepPublicEncryptingKey::new(encrypting).map_err(|_| CryptoError("public key"))?;
        Ok(Self { parsed, sealer })
    }

    /// Whether the Base64 `signature` (RSA PKCS#1 v1.5, SHA-256) is this key's over `message`.
    pub(crate) fn verifies(&self, message: &[u8], signature: &str) -> bool {
        match STANDARD.decode(signature) {
            Ok(raw) => self.parsed.verify_sig(message, &raw).is_ok(),
            Err(_) => false,
        }
    }

    /// Seals `plain` with RSA-OAEP (SHA-1, MGF1-SHA-1), as Base64.
    pub(crate) fn seal_oaep(&self, plain: &str) -> Result<String, CryptoError> {
        let mut room = vec![0; self.sealer.ciphertext_size()];
        let sealed = self
            .sealer
            .encrypt(&OAEP_SHA1_MGF1SHA1, plain.as_bytes(), &mut room, None)
            .map_err(|_| CryptoError("plaintext"))?;
        Ok(STANDARD.encode(sealed))
    }
}

/// Seals `plain` with AES-256-GCM under the 32 bytes of an APIv3 key, as Base64 of data and tag.
pub(crate) fn seal_aes_gcm(
    api_v3_key: &str,
    nonce: &str,
    associated: &str,
    plain: &[u8],
) -> Result<String, CryptoError> {
    let key = UnboundKey::new(&AES_256_GCM, api_v3_key.as_bytes()).map_err(|_| CryptoError("APIv3 key"))?;
    let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes()).map_err(|_| CryptoError("nonce"))?;
    let mut sealed = plain.to_vec();
    LessSafeKey::new(key)
        .seal_in_place_append_tag(nonce, Aad::from(associated.as_bytes()), &mut sealed)
        .map_err(|_| CryptoError("plaintext"))?;
    Ok(STANDARD.encode(sealed))
}

/// Seals a pushed message under an EncodingAESKey: AES-256-CBC over `16 random bytes ‖ length ‖
/// message ‖ appid`, padded to 32 bytes, as Base64.
pub(crate) fn seal_push(encoding_aes_key: &str, message: &[u8], appid: &str) -> Result<String, CryptoError> {
    let unusable = CryptoError("EncodingAESKey");
    // The 43rd character carries two bits that nobody set to zero.
    let lenient = GeneralPurpose::new(&alphabet::STANDARD, NO_PAD.with_decode_allow_trailing_bits(true));
    let key = lenient.decode(encoding_aes_key).map_err(|_| unusable)?;
    let iv: [u8; 16] = key.first_chunk().copied().ok_or(unusable)?;
    let mut text = random_text(16).into_bytes();
    text.extend(u32::try_from(message.len()).map_err(|_| CryptoError("message"))?.to_be_bytes());
    text.extend(message);
    text.extend(appid.as_bytes());
    let padding = 32 - text.len() % 32;
    text.extend(std::iter::repeat_n(u8::try_from(padding).map_err(|_| unusable)?, padding));
    let key = UnboundCipherKey::new(&AES_256, &key).and_then(EncryptingKey::cbc).map_err(|_| unusable)?;
    key.less_safe_encrypt(&mut text, EncryptionContext::Iv128(iv.into())).map_err(|_| unusable)?;
    Ok(STANDARD.encode(text))
}

/// Lower-case hex SHA-1 of `parts`, sorted and joined.
pub(crate) fn sha1_of_sorted(parts: &[&str]) -> String {
    let mut parts = parts.to_vec();
    parts.sort_unstable();
    hex::encode(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, parts.concat().as_bytes()))
}

/// `length` random characters out of capital letters and digits.
pub(crate) fn random_text(length: usize) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut raw = vec![0; length];
    // A generator that fails leaves zeros: a poor nonce, noticed at once, in a stand-in.
    let _ = rand::fill(&mut raw);
    raw.iter().filter_map(|byte| ALPHABET.get(usize::from(byte % 32))).map(|&byte| char::from(byte)).collect()
}

/// SHA-1 in hex.
pub(crate) fn sha1_hex(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes))
}

/// SHA-256 of `text` as lower-case hex.
pub(crate) fn sha256_hex(text: &str) -> String {
    sha256_hex_of(text.as_bytes())
}

/// SHA-256 of `bytes` as lower-case hex.
pub(crate) fn sha256_hex_of(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

/// MD5 of `text` as upper-case hex.
pub(crate) fn md5_upper(text: &str) -> String {
    hex::encode_upper(Md5::digest(text.as_bytes()))
}

/// MD5 of `bytes` as lower-case hex.
pub(crate) fn md5_hex(bytes: &[u8]) -> String {
    hex::encode(Md5::digest(bytes))
}

/// HMAC-SHA256 of `text` as upper-case hex.
pub(crate) fn hmac_sha256_upper(key: &str, text: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    hex::encode_upper(hmac::sign(&key, text.as_bytes()))
}

/// HMAC-SHA256 of `bytes`, raw.
pub(crate) fn hmac_sha256(key: &str, bytes: &[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    hmac::sign(&key, bytes).as_ref().to_vec()
}

/// HMAC-MD5 (RFC 2104) of `text` as upper-case hex.
pub(crate) fn hmac_md5_upper(key: &str, text: &str) -> String {
    const BLOCK: usize = 64;
    let mut block = if key.len() > BLOCK { Md5::digest(key.as_bytes()).to_vec() } else { key.as_bytes().to_vec() };
    block.resize(BLOCK, 0);
    let padded = |pad: u8| block.iter().map(|byte| byte ^ pad).collect::<Vec<u8>>();
    let inner = Md5::new().chain_update(padded(0x36)).chain_update(text.as_bytes()).finalize();
    let outer = Md5::new().chain_update(padded(0x5c)).chain_update(inner).finalize();
    hex::encode_upper(outer)
}
