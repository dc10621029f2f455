//! Who signed a call, and over what.

use std::sync::{Arc, PoisonError};

use actix_web::HttpRequest;

use super::answer::Refusal;
use super::images::Form;
use crate::crypto::{CryptoError, PublicKey};
use crate::platform::PlatformKey;
use crate::state::{Merchant, SandboxState};

/// A signed call is taken for 300 seconds around its timestamp.
const WINDOW_S: i64 = 300;

/// The scheme of the `Authorization` header.
const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048 ";

/// Why an `Authorization` header does not admit its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizationFault {
    /// Not the scheme, or not exactly its five pairs.
    #[error("the Authorization header is malformed")]
    Malformed,
    /// Further than 300 s from the clock.
    #[error("the timestamp is outside the window")]
    Expired,
    /// The certificate serial is not this merchant's.
    #[error("the serial is unknown")]
    UnknownSerial,
    /// The signature is not over these bytes, or not by this key.
    #[error("the signature does not match")]
    BadSignature,
    /// The key itself cannot be read.
    #[error(transparent)]
    Key(#[from] CryptoError),
}

/// A request as it came over the wire: what its signature covers.
pub struct SignedRequest<'a> {
    /// HTTP method, capitals.
    pub method: &'a str,
    /// Path and query exactly as sent.
    pub url: &'a str,
    /// Value of the `Authorization` header.
    pub authorization: &'a str,
    /// Raw body.
    pub body: &'a [u8],
}

/// Checks `request` against a merchant's certificate serial and public key (SubjectPublicKeyInfo)
/// at `now` (unix seconds).
pub fn verify_request(
    request: &SignedRequest<'_>,
    serial: &str,
    public_key_der: &[u8],
    now: i64,
) -> Result<(), AuthorizationFault> {
    let key = PublicKey::from_der(public_key_der)?;
    let pairs = Pairs::parse(request.authorization).ok_or(AuthorizationFault::Malformed)?;
    pairs.check(request, serial, &key, now)
}

/// The five pairs of the header.
struct Pairs<'a> {
    mchid: &'a str,
    nonce: &'a str,
    timestamp: &'a str,
    serial: &'a str,
    signature: &'a str,
}

impl<'a> Pairs<'a> {
    fn parse(header: &'a str) -> Option<Self> {
        let mut found: Vec<(&str, &str)> = Vec::with_capacity(5);
        for pair in header.strip_prefix(SCHEME)?.split(',') {
            let (name, quoted) = pair.trim().split_once('=')?;
            let value = quoted.strip_prefix('"')?.strip_suffix('"')?;
            if value.is_empty() || value.contains('"') || found.iter().any(|(other, _)| *other == name) {
                return None;
            }
            found.push((name, value));
        }
        let value = |name: &str| found.iter().find(|(other, _)| *other == name).map(|(_, value)| *value);
        if found.len() != 5 {
            return None;
        }
        Some(Self {
            mchid: value("mchid")?,
            nonce: value("nonce_str")?,
            timestamp: value("timestamp")?,
            serial: value("serial_no")?,
            signature: value("signature")?,
        })
    }

    fn check(
        &self,
        request: &SignedRequest<'_>,
        serial: &str,
        key: &PublicKey,
        now: i64,
    ) -> Result<(), AuthorizationFault> {
        let digits = self.timestamp.bytes().all(|byte| byte.is_ascii_digit());
        let timestamp: i64 = self.timestamp.parse().map_err(|_| AuthorizationFault::Malformed)?;
        if !digits || self.nonce.len() > 32 {
            return Err(AuthorizationFault::Malformed);
        }
        if now.abs_diff(timestamp) >= WINDOW_S.unsigned_abs() {
            return Err(AuthorizationFault::Expired);
        }
        if self.serial != serial {
            return Err(AuthorizationFault::UnknownSerial);
        }
        let mut message =
            format!("{}\n{}\n{}\n{}\n", request.method, request.url, self.timestamp, self.nonce).into_bytes();
        message.extend_from_slice(request.body);
        message.push(b'\n');
        if key.verifies(&message, self.signature) { Ok(()) } else { Err(AuthorizationFault::BadSignature) }
    }
}

/// Finds the merchant that signed `request`, or refuses it. Of a form its `meta` alone is signed.
pub(super) fn admit(
    state: &SandboxState,
    request: &HttpRequest,
    form: Option<&Form>,
    body: &[u8],
) -> Result<Arc<Merchant>, Refusal> {
    let body = form.map_or(body, Form::signed);
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let accept = header("Accept");
    if !accept.contains("application/json") && !accept.contains("*/*") {
        return Err(Refusal::new(406, "PARAM_ERROR", "Http头Accept必须包含application/json"));
    }
    if header("User-Agent").is_empty() {
        return Err(Refusal::new(400, "PARAM_ERROR", "Http头缺少User-Agent"));
    }
    if form.is_none() && !body.is_empty() && !header("Content-Type").starts_with("application/json") {
        return Err(Refusal::new(415, "PARAM_ERROR", "Http头Content-Type必须为application/json"));
    }
    let pairs = Pairs::parse(header("Authorization")).ok_or_else(|| Refusal::sign_error("Authorization格式错误"))?;
    let merchant = state.merchant(pairs.mchid).ok_or_else(|| Refusal::sign_error("商户号不存在"))?;
    let uri = request.uri();
    let signed = SignedRequest {
        method: request.method().as_str(),
        url: uri.path_and_query().map_or_else(|| uri.path(), |all| all.as_str()),
        authorization: "",
        body,
    };
    let wall = state.clock().wall();
    let earlier = merchant.earlier.as_ref().filter(|(serial, _)| serial == pairs.serial);
    let (serial, key) = earlier.map_or((&merchant.serial, &*merchant.key), |(serial, key)| (serial, &**key));
    pairs.check(&signed, serial, key, wall).map_err(|fault| Refusal::sign_error(&fault.to_string()))?;
    if !first_use(state, &merchant.mchid, pairs.nonce, wall) {
        return Err(Refusal::sign_error("nonce_str重复使用"));
    }
    Ok(merchant)
}

/// Which of the platform's keys a request names.
pub(super) fn names(request: &HttpRequest) -> Option<&str> {
    request.headers().get("Wechatpay-Serial").map(|named| named.to_str().unwrap_or_default())
}

/// The platform's key that the request names in `Wechatpay-Serial`; another name is refused.
pub(super) fn named_key(state: &SandboxState, request: &HttpRequest) -> Result<Option<Arc<PlatformKey>>, Refusal> {
    let Some(named) = names(request) else { return Ok(None) };
    let known = state.0.platform.named(named);
    let unknown = || Refusal::new(400, "PARAM_ERROR", "Http头Wechatpay-Serial不是有效的平台证书序列号或公钥ID");
    known.map(Some).ok_or_else(unknown)
}

/// Remembers a nonce for as long as its timestamp may be used.
fn first_use(state: &SandboxState, mchid: &str, nonce: &str, wall: i64) -> bool {
    let mut nonces = state.0.nonces.lock().unwrap_or_else(PoisonError::into_inner);
    if nonces.len() > 20_000 {
        nonces.retain(|_, used_at| wall - *used_at <= 2 * WINDOW_S);
    }
    nonces.insert(format!("{mchid}/{nonce}"), wall).is_none()
}
