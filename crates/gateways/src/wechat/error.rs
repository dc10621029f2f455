//! What an answer of the mini-program platform means. Refusals arrive with HTTP 200 and an
//! `errcode`; decisions are taken on the number alone (sheet §0, §2).

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::http::{Reply, SendError};
use crate::lenient::null_is_default;

/// The platform's own words. `errmsg` holds the request id (`rid`) to quote to support.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("errcode {errcode}: {errmsg}")]
pub struct WechatRefusal {
    /// The platform's number.
    pub errcode: i64,
    /// For people.
    pub errmsg: String,
}

/// Outcome of a call, by meaning.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WechatError {
    /// The access token is not valid: forget that one and fetch another.
    #[error("access token rejected: {0}")]
    TokenRejected(WechatRefusal),
    /// The one-time code is wrong, used or expired: the client asks for a new one.
    #[error("code invalid: {0}")]
    CodeInvalid(WechatRefusal),
    /// The platform is busy or unreachable, or its answer was lost: try again later, except with
    /// a one-time code.
    #[error("busy: {0}")]
    Busy(String),
    /// Too many calls in this minute or for this user.
    #[error("rate limited: {0}")]
    RateLimited(WechatRefusal),
    /// The day's quota is used up: nothing until tomorrow.
    #[error("quota exhausted: {0}")]
    QuotaExhausted(WechatRefusal),
    /// The platform blocks this user at login: refuse politely, no retry.
    #[error("high-risk user: {0}")]
    HighRisk(WechatRefusal),
    /// Secret, appid, address list or rights are wrong: alarm, no retry.
    #[error("configuration: {0}")]
    Config(WechatRefusal),
    /// The user has no grant left for this message: final, the ledger of grants goes to zero.
    #[error("not subscribed: {0}")]
    NotSubscribed(WechatRefusal),
    /// Shipping: the payment is not known yet; normal in the first minutes.
    #[error("payment not known yet: {0}")]
    PaymentUnknown(WechatRefusal),
    /// Any other refusal: our mistake or a rule, no retry.
    #[error("refused: {0}")]
    Refused(WechatRefusal),
    /// An answer that cannot be read.
    #[error("unreadable answer: {0}")]
    Malformed(String),
    /// Our own request breaks a rule and was not sent.
    #[error("bad request: {0}")]
    Invalid(&'static str),
    /// The caller's token store failed.
    #[error("token store: {0}")]
    Store(String),
}

impl From<SendError> for WechatError {
    fn from(error: SendError) -> Self {
        Self::Busy(error.to_string())
    }
}

/// What a call authenticates with: the same number means different faults.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Uses {
    Secret,
    Token,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Head {
    #[serde(deserialize_with = "null_is_default")]
    errcode: i64,
    #[serde(deserialize_with = "null_is_default")]
    errmsg: String,
}

/// Reads an answer: JSON without an `errcode`, or with `errcode` 0, is a success. The content type
/// is not looked at, since JSON also arrives as text.
pub(super) fn read<T: DeserializeOwned>(reply: &Reply, uses: Uses) -> Result<T, WechatError> {
    check(reply, uses)?;
    serde_json::from_slice(&reply.body).map_err(|e| WechatError::Malformed(e.to_string()))
}

/// The first half of [`read`]: whether the answer is a success.
pub(super) fn check(reply: &Reply, uses: Uses) -> Result<(), WechatError> {
    if !reply.is_success() {
        return Err(WechatError::Busy(format!("status {}", reply.status)));
    }
    let head: Head = serde_json::from_slice(&reply.body)
        .map_err(|_| WechatError::Malformed("neither JSON nor what was asked for".to_owned()))?;
    match head.errcode {
        0 => Ok(()),
        _ => Err(classify(WechatRefusal { errcode: head.errcode, errmsg: head.errmsg }, uses)),
    }
}

/// Whether the platform says that it is too busy to look at the call.
pub(super) fn is_busy(reply: &Reply) -> bool {
    reply.status >= 500 || serde_json::from_slice::<Head>(&reply.body).is_ok_and(|head| head.errcode == -1)
}

fn classify(refusal: WechatRefusal, uses: Uses) -> WechatError {
    match refusal.errcode {
        // With the secret, 40001 says that the secret is wrong.
        40001 | 40014 | 42001 if uses == Uses::Token => WechatError::TokenRejected(refusal),
        40029 | 40163 => WechatError::CodeInvalid(refusal),
        -1 | 10060012 | 10060019 => WechatError::Busy(refusal.to_string()),
        45011 | 43108 | 44990 => WechatError::RateLimited(refusal),
        45009 => WechatError::QuotaExhausted(refusal),
        40226 => WechatError::HighRisk(refusal),
        40001 | 40013 | 40125 | 41002 | 41004 | 40164 | 61004 | 48001 | 43107 => WechatError::Config(refusal),
        43101 => WechatError::NotSubscribed(refusal),
        10060001 => WechatError::PaymentUnknown(refusal),
        _ => WechatError::Refused(refusal),
    }
}
