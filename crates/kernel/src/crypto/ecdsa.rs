//! Signatures on the curve P-256, as one partner makes them.

use aws_lc_rs::signature::{ECDSA_P256_SHA1_ASN1, UnparsedPublicKey};

use super::{CryptoError, base64_decode, pem};

/// Checks a Base64 signature (ECDSA in DER over SHA-1) of `message` with a public key as PEM, also on one
/// line, or Base64 of its SPKI.
///
/// SHA-1 is what the partner prescribes; nothing of ours signs with it.
/// Errors: [`CryptoError::Key`], [`CryptoError::Base64`], [`CryptoError::Signature`].
pub fn verify_p256_sha1(public_key: &str, message: &[u8], signature: &str) -> Result<(), CryptoError> {
    let key = pem::read(public_key)?;
    let signature = base64_decode(signature)?;
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA1_ASN1, key.der);
    key.verify(message, &signature).map_err(|_| CryptoError::Signature)
}
