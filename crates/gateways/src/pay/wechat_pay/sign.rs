//! Signatures of requests, of `wx.requestPayment` and of what WeChat Pay sends (sheet §1, §2).

use kernel::crypto::CryptoError;
use kernel::crypto::rsa::{PrivateKey, PublicKey};
use serde::{Deserialize, Serialize};

/// Largest distance between our clock and a message's timestamp, in seconds, exclusive.
pub const TIMESTAMP_TOLERANCE_S: i64 = 300;

/// The merchant's signing identity.
#[derive(Debug)]
pub struct Signer {
    mchid: String,
    serial: String,
    key: PrivateKey,
}

impl Signer {
    /// `serial` is that of the merchant's API certificate.
    #[must_use]
    pub fn new(mchid: String, serial: String, key: PrivateKey) -> Self {
        Self { mchid, serial, key }
    }

    /// The key, for fields WeChat Pay returns encrypted.
    pub(super) fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// The `Authorization` header for a request whose path and query are `target`, exactly as on
    /// the wire. `timestamp` is Unix seconds, `nonce` at most 32 characters.
    pub fn authorization(
        &self,
        method: &str,
        target: &str,
        body: &[u8],
        timestamp: i64,
        nonce: &str,
    ) -> Result<String, CryptoError> {
        let signature = self.key.sign(&request_message(method, target, body, timestamp, nonce))?;
        let (mchid, serial) = (&self.mchid, &self.serial);
        Ok(format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"{mchid}\",nonce_str=\"{nonce}\",signature=\"{signature}\",timestamp=\"{timestamp}\",serial_no=\"{serial}\""
        ))
    }

    /// Signs what `wx.requestPayment` needs, for the mini-program `appid`.
    pub fn payment_params(
        &self,
        appid: &str,
        prepay_id: &str,
        timestamp: i64,
        nonce: &str,
    ) -> Result<PaymentParams, CryptoError> {
        let (time_stamp, package) = (timestamp.to_string(), format!("prepay_id={prepay_id}"));
        let message = format!("{appid}\n{time_stamp}\n{nonce}\n{package}\n");
        let pay_sign = self.key.sign(message.as_bytes())?;
        Ok(PaymentParams { time_stamp, nonce_str: nonce.to_owned(), package, sign_type: "RSA".to_owned(), pay_sign })
    }
}

/// The five fields of `wx.requestPayment`, under exactly those names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentParams {
    /// Unix seconds, as text.
    pub time_stamp: String,
    /// Random text.
    pub nonce_str: String,
    /// `prepay_id=…`.
    pub package: String,
    /// Always `RSA`.
    pub sign_type: String,
    /// The signature.
    pub pay_sign: String,
}

/// The five lines a request signature covers, each closed by a newline.
#[must_use]
pub fn request_message(method: &str, target: &str, body: &[u8], timestamp: i64, nonce: &str) -> Vec<u8> {
    let mut message = format!("{method}\n{target}\n{timestamp}\n{nonce}\n").into_bytes();
    message.extend_from_slice(body);
    message.push(b'\n');
    message
}

/// The headers that sign an answer or a notification, as received; absent ones are `None`.
#[derive(Clone, Copy, Debug, Default)]
pub struct SignatureHeaders<'a> {
    /// `Wechatpay-Timestamp`, Unix seconds.
    pub timestamp: Option<&'a str>,
    /// `Wechatpay-Nonce`.
    pub nonce: Option<&'a str>,
    /// `Wechatpay-Serial`: which platform key signed.
    pub serial: Option<&'a str>,
    /// `Wechatpay-Signature`, Base64.
    pub signature: Option<&'a str>,
    /// `Wechatpay-Signature-Type`; absent means the usual one.
    pub signature_type: Option<&'a str>,
}

impl<'a> SignatureHeaders<'a> {
    /// Reads the headers through `get`, which must not care about the case of names.
    pub fn read(get: impl Fn(&'static str) -> Option<&'a str>) -> Self {
        Self {
            timestamp: get("Wechatpay-Timestamp"),
            nonce: get("Wechatpay-Nonce"),
            serial: get("Wechatpay-Serial"),
            signature: get("Wechatpay-Signature"),
            signature_type: get("Wechatpay-Signature-Type"),
        }
    }

    /// Whether none of the four necessary headers is there.
    pub(super) fn is_absent(&self) -> bool {
        self.timestamp.is_none() && self.nonce.is_none() && self.serial.is_none() && self.signature.is_none()
    }
}

/// Why a message from WeChat Pay is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// A necessary header is absent.
    #[error("header {0} is missing")]
    MissingHeader(&'static str),
    /// The timestamp is unreadable or too far from now.
    #[error("timestamp outside the window")]
    TimestampExpired,
    /// No platform key has this serial.
    #[error("unknown platform serial {0}")]
    UnknownSerial(String),
    /// WeChat's own probe whether we verify at all: refused like any bad signature, no alarm.
    #[error("signature probe")]
    SigntestProbe,
    /// The signature does not fit.
    #[error("bad signature")]
    BadSignature,
}

/// Verifies a signed message over its raw `body` at `now` (Unix seconds); `key_of` finds the
/// platform key of a serial.
pub fn verify<K: AsRef<PublicKey>>(
    headers: &SignatureHeaders<'_>,
    body: &[u8],
    now: i64,
    key_of: impl Fn(&str) -> Option<K>,
) -> Result<(), Unverified> {
    let need = |value: Option<&'_ str>, name| match value {
        Some(text) if !text.is_empty() => Ok(text.to_owned()),
        _ => Err(Unverified::MissingHeader(name)),
    };
    let timestamp = need(headers.timestamp, "Wechatpay-Timestamp")?;
    let nonce = need(headers.nonce, "Wechatpay-Nonce")?;
    let serial = need(headers.serial, "Wechatpay-Serial")?;
    let signature = need(headers.signature, "Wechatpay-Signature")?;

    let at: i64 = timestamp.parse().map_err(|_| Unverified::TimestampExpired)?;
    if now.abs_diff(at) >= TIMESTAMP_TOLERANCE_S.unsigned_abs() {
        return Err(Unverified::TimestampExpired);
    }
    if signature.starts_with("WECHATPAY/SIGNTEST/") {
        return Err(Unverified::SigntestProbe);
    }
    if headers.signature_type.is_some_and(|t| t != "WECHATPAY2-SHA256-RSA2048") {
        return Err(Unverified::BadSignature);
    }
    let key = key_of(&serial).ok_or(Unverified::UnknownSerial(serial))?;
    let mut message = format!("{timestamp}\n{nonce}\n").into_bytes();
    message.extend_from_slice(body);
    message.push(b'\n');
    key.as_ref().verify(&message, &signature).map_err(|_| Unverified::BadSignature)
}
