//! The key that signs eBay's notices: ECDSA on P-256 over SHA-1, as the platform has it.

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::crypto::CryptoError;

const BROKEN: CryptoError = CryptoError("notice key");

/// A private key of the platform.
pub(crate) struct NoticeKey(EcdsaKeyPair);

impl NoticeKey {
    /// A fresh key as PKCS#8 DER in Base64.
    pub(crate) fn generate() -> Result<String, CryptoError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map_err(|_| BROKEN)?;
        Ok(STANDARD.encode(pair.to_pkcs8v1().map_err(|_| BROKEN)?.as_ref()))
    }

    /// Reads what [`Self::generate`] made.
    pub(crate) fn read(text: &str) -> Result<Self, CryptoError> {
        let der = STANDARD.decode(text).map_err(|_| BROKEN)?;
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &der).map(Self).map_err(|_| BROKEN)
    }

    /// The public half as the key call tells it: PEM without line breaks.
    pub(crate) fn public_line(&self) -> Result<String, CryptoError> {
        let der: PublicKeyX509Der<'_> = self.0.public_key().as_der().map_err(|_| BROKEN)?;
        Ok(format!("-----BEGIN PUBLIC KEY-----{}-----END PUBLIC KEY-----", STANDARD.encode(der.as_ref())))
    }

    /// Signs `message`, DER in Base64.
    ///
    /// The library signs SHA-256 alone. ECDSA takes a digest as a number, and twenty bytes with twelve
    /// zeros before them are the same number, so that is what it is given.
    pub(crate) fn sign_sha1(&self, message: &[u8]) -> Result<String, CryptoError> {
        let short = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, message);
        let padded = [&[0_u8; 12], short.as_ref()].concat();
        let long = Digest::import_less_safe(&padded, &digest::SHA256).map_err(|_| BROKEN)?;
        Ok(STANDARD.encode(self.0.sign_digest(&long).map_err(|_| BROKEN)?.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA1_ASN1, UnparsedPublicKey};

    use super::*;

    #[test]
    fn a_signature_over_sha1_is_one_that_the_curve_accepts() {
        let key = NoticeKey::read(&NoticeKey::generate().unwrap()).unwrap();
        let line = key.public_line().unwrap();
        let middle = line.trim_start_matches("-----BEGIN PUBLIC KEY-----").trim_end_matches("-----END PUBLIC KEY-----");
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA1_ASN1, STANDARD.decode(middle).unwrap());
        let signature = STANDARD.decode(key.sign_sha1(b"a notice").unwrap()).unwrap();
        assert!(public.verify(b"a notice", &signature).is_ok());
        assert!(public.verify(b"another", &signature).is_err());
    }
}
