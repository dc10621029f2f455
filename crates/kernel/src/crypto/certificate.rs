//! The little we need of X.509: the key, the serial and the validity of a platform certificate.

use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::rsa::PublicKey;
use super::{CryptoError, pem};

/// A parsed certificate. Its chain is not checked: WeChat Pay's certificates are authenticated by
/// the sealed answer they arrive in (WeChat Pay sheet §1).
#[derive(Clone, Debug)]
pub struct Certificate {
    key: PublicKey,
    serial: String,
    not_before: i64,
    not_after: i64,
}

impl Certificate {
    /// Reads PEM or Base64 of the DER. Errors: [`CryptoError::Key`].
    pub fn parse(text: &str) -> Result<Self, CryptoError> {
        Self::from_der(&pem::read(text)?.der)
    }

    /// Reads DER. Errors: [`CryptoError::Key`].
    pub fn from_der(der: &[u8]) -> Result<Self, CryptoError> {
        let (_, certificate) = X509Certificate::from_der(der).map_err(|_| CryptoError::Key("an X.509 certificate"))?;
        let digits = hex::encode_upper(certificate.raw_serial());
        Ok(Self {
            key: PublicKey::from_der(certificate.public_key().raw)?,
            serial: normal_serial(&digits),
            not_before: certificate.validity().not_before.timestamp(),
            not_after: certificate.validity().not_after.timestamp(),
        })
    }

    /// The RSA key inside.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// The serial in upper-case hex without leading zeros; compare through [`normal_serial`].
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// Whether the certificate is valid at `unix` seconds.
    #[must_use]
    pub fn is_valid_at(&self, unix: i64) -> bool {
        self.not_before <= unix && unix <= self.not_after
    }

    /// The last valid second, Unix time.
    #[must_use]
    pub fn not_after(&self) -> i64 {
        self.not_after
    }
}

/// One spelling for a serial: libraries differ in case and in leading zeros.
#[must_use]
pub fn normal_serial(serial: &str) -> String {
    serial.trim().trim_start_matches('0').to_ascii_uppercase()
}
