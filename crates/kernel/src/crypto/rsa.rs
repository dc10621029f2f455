//! RSA as WeChat Pay uses it: PKCS#1 v1.5 signatures over SHA-256, and OAEP with SHA-1 for
//! sensitive fields (WeChat Pay sheet §1).

use std::fmt;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    KeyPair, KeySize, OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
    PublicEncryptingKey, PublicKey as Pkcs1PublicKey,
};
use aws_lc_rs::signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};

use super::certificate::Certificate;
use super::{CryptoError, base64_decode, base64_encode, pem};

/// A private key that signs and decrypts. At least 2048 bits.
pub struct PrivateKey {
    signer: KeyPair,
    opener: OaepPrivateDecryptingKey,
}

impl PrivateKey {
    /// Reads PKCS#8 or PKCS#1, as PEM (also with literal `\n`) or as Base64 of the DER.
    ///
    /// Errors: [`CryptoError::Key`] for anything else, encrypted PEM and weak keys included.
    pub fn parse(text: &str) -> Result<Self, CryptoError> {
        Self::from_der(&pem::read(text)?.der)
    }

    /// Reads PKCS#8 or PKCS#1 DER. Errors: [`CryptoError::Key`].
    pub fn from_der(der: &[u8]) -> Result<Self, CryptoError> {
        const WANTED: CryptoError = CryptoError::Key("an unencrypted RSA private key of at least 2048 bits");
        let signer = KeyPair::from_pkcs8(der).or_else(|_| KeyPair::from_der(der)).map_err(|_| WANTED)?;
        Self::from_pair(signer)
    }

    /// Makes a new key of 2048 bits. Takes up to a second; meant for stand-ins and tests.
    pub fn generate() -> Result<Self, CryptoError> {
        Self::from_pair(KeyPair::generate(KeySize::Rsa2048).map_err(|_| CryptoError::Library)?)
    }

    fn from_pair(signer: KeyPair) -> Result<Self, CryptoError> {
        let der = signer.as_der().map_err(|_| CryptoError::Library)?;
        let opener = PrivateDecryptingKey::from_pkcs8(der.as_ref()).map_err(|_| CryptoError::Library)?;
        let opener = OaepPrivateDecryptingKey::new(opener).map_err(|_| CryptoError::Library)?;
        Ok(Self { signer, opener })
    }

    /// The signature of `message`: PKCS#1 v1.5 over SHA-256, deterministic, in Base64.
    pub fn sign(&self, message: &[u8]) -> Result<String, CryptoError> {
        let mut signature = vec![0; self.signer.public_modulus_len()];
        self.signer
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| CryptoError::Library)?;
        Ok(base64_encode(signature))
    }

    /// Opens a Base64 ciphertext made with OAEP, SHA-1 and MGF1-SHA-1.
    ///
    /// Errors: [`CryptoError::Base64`], or [`CryptoError::Sealed`] for another key or padding.
    pub fn oaep_sha1_decrypt(&self, ciphertext: &str) -> Result<Vec<u8>, CryptoError> {
        let ciphertext = base64_decode(ciphertext)?;
        let mut room = vec![0; self.opener.min_output_size()];
        let plain =
            self.opener.decrypt(&OAEP_SHA1_MGF1SHA1, &ciphertext, &mut room, None).map_err(|_| CryptoError::Sealed)?;
        Ok(plain.to_vec())
    }

    /// The public half.
    pub fn public_key(&self) -> Result<PublicKey, CryptoError> {
        PublicKey::from_pkcs1(self.signer.public_key())
    }

    /// This key as PKCS#8 DER: secret, keep it sealed.
    pub fn to_pkcs8_der(&self) -> Result<Vec<u8>, CryptoError> {
        Ok(self.signer.as_der().map_err(|_| CryptoError::Library)?.as_ref().to_vec())
    }

    /// This key as PKCS#8 PEM: secret, keep it sealed.
    pub fn to_pkcs8_pem(&self) -> Result<String, CryptoError> {
        Ok(pem::write("PRIVATE KEY", &self.to_pkcs8_der()?))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey([REDACTED])")
    }
}

/// A public key that verifies and encrypts.
#[derive(Clone)]
pub struct PublicKey {
    verifier: ParsedPublicKey,
    spki: Vec<u8>,
}

impl PublicKey {
    /// Reads a public key (SPKI or PKCS#1) or takes the one inside an X.509 certificate;
    /// PEM (also with literal `\n`) or Base64 of the DER. Errors: [`CryptoError::Key`].
    pub fn parse(text: &str) -> Result<Self, CryptoError> {
        let block = pem::read(text)?;
        match block.label.as_deref() {
            Some("CERTIFICATE") => Ok(Certificate::from_der(&block.der)?.public_key().clone()),
            Some(_) => Self::from_der(&block.der),
            None => Self::from_der(&block.der)
                .or_else(|wrong| Certificate::from_der(&block.der).map(|c| c.public_key().clone()).map_err(|_| wrong)),
        }
    }

    /// Reads SPKI or PKCS#1 DER. Errors: [`CryptoError::Key`].
    pub fn from_der(der: &[u8]) -> Result<Self, CryptoError> {
        let key = Pkcs1PublicKey::from_der(der).map_err(|_| CryptoError::Key("an RSA public key"))?;
        Self::from_pkcs1(&key)
    }

    fn from_pkcs1(key: &Pkcs1PublicKey) -> Result<Self, CryptoError> {
        let spki = key.as_der().map_err(|_| CryptoError::Library)?.as_ref().to_vec();
        let verifier = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &spki)
            .map_err(|_| CryptoError::Key("an RSA public key of at least 2048 bits"))?;
        Ok(Self { verifier, spki })
    }

    /// Checks a Base64 signature (PKCS#1 v1.5 over SHA-256) of `message`.
    ///
    /// Errors: [`CryptoError::Base64`] or [`CryptoError::Signature`].
    pub fn verify(&self, message: &[u8], signature: &str) -> Result<(), CryptoError> {
        let signature = base64_decode(signature)?;
        self.verifier.verify_sig(message, &signature).map_err(|_| CryptoError::Signature)
    }

    /// Encrypts with OAEP, SHA-1 and MGF1-SHA-1, to Base64. Differs at each call.
    ///
    /// Errors: [`CryptoError::TooLong`] above the key's capacity (214 bytes at 2048 bits).
    pub fn oaep_sha1_encrypt(&self, plain: &[u8]) -> Result<String, CryptoError> {
        let key = PublicEncryptingKey::from_der(&self.spki).map_err(|_| CryptoError::Library)?;
        let key = OaepPublicEncryptingKey::new(key).map_err(|_| CryptoError::Library)?;
        if plain.len() > key.max_plaintext_size(&OAEP_SHA1_MGF1SHA1) {
            return Err(CryptoError::TooLong);
        }
        let mut room = vec![0; key.ciphertext_size()];
        let sealed = key.encrypt(&OAEP_SHA1_MGF1SHA1, plain, &mut room, None).map_err(|_| CryptoError::Library)?;
        Ok(base64_encode(sealed))
    }

    /// This key as SPKI DER.
    #[must_use]
    pub fn to_spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// This key as SPKI PEM.
    #[must_use]
    pub fn to_spki_pem(&self) -> String {
        pem::write("PUBLIC KEY", &self.spki)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(RSA)")
    }
}
