//! The envelope of mini-program message push (mini-program sheet §9): AES-256-CBC with padding to
//! 32 bytes around `16 random bytes ‖ length ‖ message ‖ appid`, and SHA-1 signatures over sorted texts.

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

use super::digest::{same, sha1_hex};
use super::{CryptoError, base64_decode, base64_encode, cbc};

/// Padding of the push envelope; AES itself would need 16 only.
const BLOCK: u8 = 32;
/// Random prefix and length field in front of the message.
const HEADER: usize = 20;
/// The 43rd character carries two bits nobody set to zero; the default decoder refuses them.
const KEY_BASE64: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, NO_PAD.with_decode_allow_trailing_bits(true));

/// The key behind an `EncodingAESKey`.
#[derive(Clone)]
pub struct PushKey([u8; 32]);

impl PushKey {
    /// Reads the 43 characters shown in the console. Errors: [`CryptoError::Key`].
    pub fn parse(encoding_aes_key: &str) -> Result<Self, CryptoError> {
        const WANTED: CryptoError = CryptoError::Key("an EncodingAESKey of 43 characters");
        if encoding_aes_key.len() != 43 {
            return Err(WANTED);
        }
        let bytes = KEY_BASE64.decode(encoding_aes_key).map_err(|_| WANTED)?;
        Ok(Self(bytes.try_into().map_err(|_| WANTED)?))
    }

    /// The key's bytes, for tests and stand-ins.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn iv(&self) -> [u8; 16] {
        let mut iv = [0; 16];
        for (to, from) in iv.iter_mut().zip(self.0) {
            *to = from;
        }
        iv
    }

    /// Opens an `Encrypt` field and returns the message meant for `appid`.
    ///
    /// Errors: [`CryptoError::Base64`], [`CryptoError::Length`], [`CryptoError::Padding`],
    /// [`CryptoError::ForeignApp`]; the outside must not learn which.
    pub fn open(&self, encrypt: &str, appid: &str) -> Result<Vec<u8>, CryptoError> {
        let plain = cbc::decrypt(&self.0, &self.iv(), base64_decode(encrypt)?, usize::from(BLOCK))?;
        let (header, rest) = plain.split_at_checked(HEADER).ok_or(CryptoError::Length)?;
        let length: [u8; 4] = header.last_chunk().copied().ok_or(CryptoError::Length)?;
        let length = usize::try_from(u32::from_be_bytes(length)).map_err(|_| CryptoError::Length)?;
        let (message, owner) = rest.split_at_checked(length).ok_or(CryptoError::Length)?;
        if !same(owner, appid) {
            return Err(CryptoError::ForeignApp);
        }
        Ok(message.to_vec())
    }

    /// Seals `message` for `appid`; `random` must be fresh. Errors: [`CryptoError::Length`] above 4 GiB.
    pub fn seal(&self, random: [u8; 16], message: &[u8], appid: &str) -> Result<String, CryptoError> {
        let length = u32::try_from(message.len()).map_err(|_| CryptoError::Length)?;
        let mut plain = random.to_vec();
        plain.extend_from_slice(&length.to_be_bytes());
        plain.extend_from_slice(message);
        plain.extend_from_slice(appid.as_bytes());
        Ok(base64_encode(cbc::encrypt(&self.0, &self.iv(), plain, BLOCK)?))
    }
}

impl fmt::Debug for PushKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PushKey([REDACTED])")
    }
}

/// Hex SHA-1 over `parts`, sorted by bytes and joined: `[token, timestamp, nonce]` for a plain
/// message, with the `Encrypt` text as a fourth part for a sealed one.
#[must_use]
pub fn signature(parts: &[&str]) -> String {
    let mut sorted = parts.to_vec();
    sorted.sort_unstable();
    sha1_hex(sorted.concat().as_bytes())
}

/// Checks a push signature in constant time. Errors: [`CryptoError::Signature`].
pub fn check_signature(parts: &[&str], given: &str) -> Result<(), CryptoError> {
    if same(signature(parts), given) { Ok(()) } else { Err(CryptoError::Signature) }
}
