//! AES-CBC without the library's padding: the two WeChat formats differ in block size (32 and 16).

use aws_lc_rs::cipher::{
    AES_128, AES_256, Algorithm, DecryptingKey, DecryptionContext, EncryptingKey, EncryptionContext, UnboundCipherKey,
};

use super::CryptoError;

/// AES works on 16 bytes, whatever block a format pads to.
const AES_BLOCK: usize = 16;

fn algorithm(key: &[u8]) -> Result<&'static Algorithm, CryptoError> {
    match key.len() {
        16 => Ok(&AES_128),
        32 => Ok(&AES_256),
        _ => Err(CryptoError::Key("16 or 32 bytes")),
    }
}

/// Decrypts and removes PKCS#7 padding of `block` bytes.
///
/// Errors: [`CryptoError::Length`] unless whole AES blocks came in, [`CryptoError::Padding`].
pub(super) fn decrypt(key: &[u8], iv: &[u8; 16], mut bytes: Vec<u8>, block: usize) -> Result<Vec<u8>, CryptoError> {
    if bytes.is_empty() || !bytes.len().is_multiple_of(AES_BLOCK) {
        return Err(CryptoError::Length);
    }
    let key = UnboundCipherKey::new(algorithm(key)?, key).map_err(|_| CryptoError::Library)?;
    let key = DecryptingKey::cbc(key).map_err(|_| CryptoError::Library)?;
    key.decrypt(&mut bytes, DecryptionContext::Iv128(iv.into())).map_err(|_| CryptoError::Library)?;
    let pad = usize::from(*bytes.last().ok_or(CryptoError::Length)?);
    if pad == 0 || pad > block {
        return Err(CryptoError::Padding);
    }
    let start = bytes.len().checked_sub(pad).ok_or(CryptoError::Padding)?;
    let padding = bytes.get(start..).ok_or(CryptoError::Padding)?;
    if padding.iter().any(|b| usize::from(*b) != pad) {
        return Err(CryptoError::Padding);
    }
    bytes.truncate(start);
    Ok(bytes)
}

/// Adds PKCS#7 padding of `block` bytes (a multiple of 16, at most 255) and encrypts.
pub(super) fn encrypt(key: &[u8], iv: &[u8; 16], mut bytes: Vec<u8>, block: u8) -> Result<Vec<u8>, CryptoError> {
    let over = bytes.len() % usize::from(block);
    let pad = u8::try_from(usize::from(block) - over).map_err(|_| CryptoError::Length)?;
    bytes.resize(bytes.len() + usize::from(pad), pad);
    let key = UnboundCipherKey::new(algorithm(key)?, key).map_err(|_| CryptoError::Library)?;
    let key = EncryptingKey::cbc(key).map_err(|_| CryptoError::Library)?;
    key.less_safe_encrypt(&mut bytes, EncryptionContext::Iv128(iv.into())).map_err(|_| CryptoError::Library)?;
    Ok(bytes)
}
