//! What a call to WeChat Pay can mean when it did not simply succeed (WeChat Pay sheet §2, §10).

use kernel::crypto::CryptoError;
use serde::Deserialize;

use crate::http::{Reply, SendError};
use crate::lenient::null_is_default;

/// The partner's own words of refusal. `message` is for people and logs, never for decisions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{status} {code}: {message}")]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// The partner's code, as spelt in the answer; empty when there was none.
    pub code: String,
    /// The partner's text.
    pub message: String,
    /// Whether the answer carried a valid signature. What an unsigned refusal of a *write* says is
    /// confirmed by a query before anything is given up.
    pub signed: bool,
}

impl Refusal {
    /// Whether the partner's code is `code`, however either is spelt: underscores and case vary
    /// between its pages.
    #[must_use]
    pub fn is(&self, code: &str) -> bool {
        letters(&self.code) == letters(code)
    }
}

fn letters(code: &str) -> String {
    code.chars().filter(|c| *c != '_').collect::<String>().to_ascii_uppercase()
}

/// Outcome of a call, by meaning.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayError {
    /// Nobody knows whether it happened: no answer, 5xx, rate limit, unverifiable answer. Ask
    /// again with the **same** number, or query it.
    #[error("outcome unknown: {0}")]
    Unknown(String),
    /// Neither host could be reached; this attempt sent nothing.
    #[error("unreachable: {0}")]
    Unreachable(String),
    /// The number is not known to the partner. Right after a create that got no answer it may
    /// still appear: ask again before believing it.
    #[error("not found: {0}")]
    NotFound(Refusal),
    /// The order is paid already: query it and treat it as paid.
    #[error("already paid: {0}")]
    AlreadyPaid(Refusal),
    /// The order number was used before, perhaps with other content: query it.
    #[error("out_trade_no used: {0}")]
    OutTradeNoUsed(Refusal),
    /// The order is closed and stays so.
    #[error("order closed: {0}")]
    OrderClosed(Refusal),
    /// The account that should pay holds too little; repeat with the same number after a top-up.
    #[error("not enough money: {0}")]
    NotEnough(Refusal),
    /// Keys, bindings or rights are wrong: alarm, no retry.
    #[error("configuration: {0}")]
    Config(Refusal),
    /// Any other definite refusal.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// A verified answer that cannot be read; the request may well have been done.
    #[error("unreadable answer: {0}")]
    Malformed(String),
    /// Our own request breaks a rule of the partner and was not sent.
    #[error("bad request: {0}")]
    Invalid(&'static str),
    /// The credentials cannot be used; found at construction.
    #[error("credentials: {0}: {1}")]
    Credentials(&'static str, CryptoError),
    /// A cryptographic step failed; nothing was sent.
    #[error("cryptography: {0}")]
    Crypto(#[from] CryptoError),
}

impl PayError {
    /// Whether the operation may have happened or may yet: the caller keeps the number and asks
    /// again later, and decides nothing.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        matches!(self, Self::Unknown(_) | Self::Unreachable(_) | Self::Malformed(_))
    }

    /// Whether the partner has refused for good, over its signature.
    #[must_use]
    pub fn is_definite_refusal(&self) -> bool {
        self.refusal().is_some_and(|r| r.signed)
    }

    /// The partner's words, where it spoke.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::NotFound(r)
            | Self::AlreadyPaid(r)
            | Self::OutTradeNoUsed(r)
            | Self::OrderClosed(r)
            | Self::NotEnough(r)
            | Self::Config(r)
            | Self::Refused(r) => Some(r),
            _ => None,
        }
    }
}

impl From<SendError> for PayError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Connect(why) => Self::Unreachable(why),
            other => Self::Unknown(other.to_string()),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorBody {
    #[serde(deserialize_with = "null_is_default")]
    code: String,
    #[serde(deserialize_with = "null_is_default")]
    message: String,
}

/// Sorts an answer that is not 2xx. Codes are compared without underscores, since their spelling
/// varies between pages; an unknown code falls back on the status.
pub(super) fn classify(reply: &Reply, signed: bool) -> PayError {
    let body: ErrorBody = serde_json::from_slice(&reply.body).unwrap_or_default();
    let code = letters(&body.code);
    let refusal = Refusal { status: reply.status, code: body.code, message: body.message, signed };
    match code.as_str() {
        "ORDERNOTEXIST" | "ORDERNOTEXISTS" | "RESOURCENOTEXISTS" | "RESOURCENOTEXIST" | "NOTFOUND" => {
            PayError::NotFound(refusal)
        }
        "ORDERPAID" => PayError::AlreadyPaid(refusal),
        "OUTTRADENOUSED" => PayError::OutTradeNoUsed(refusal),
        "ORDERCLOSED" => PayError::OrderClosed(refusal),
        "NOTENOUGH" => PayError::NotEnough(refusal),
        "SIGNERROR" | "NOAUTH" | "MCHNOTEXISTS" | "APPIDMCHIDNOTMATCH" => PayError::Config(refusal),
        "OPENIDMISMATCH" => PayError::Refused(refusal),
        "SYSTEMERROR" | "BANKERROR" | "FREQUENCYLIMITED" | "FREQUENCYLIMITEXCEED" | "RATELIMITEXCEEDED" => {
            PayError::Unknown(refusal.to_string())
        }
        _ if refusal.status == 401 => PayError::Config(refusal),
        _ if refusal.status == 429 || refusal.status >= 500 => PayError::Unknown(refusal.to_string()),
        // A refusal without a code is a proxy's or a gateway's, not the partner's.
        "" => PayError::Unknown(format!("status {} without a code", refusal.status)),
        _ => PayError::Refused(refusal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_however_it_is_spelt() {
        let refusal = |code: &str| Refusal { status: 403, code: code.to_owned(), message: String::new(), signed: true };
        assert!(refusal("RULELIMIT").is("RULE_LIMIT") && refusal("Rule_Limit").is("RULE_LIMIT"));
        assert!(!refusal("RULE_LIMITED").is("RULE_LIMIT"));
    }
}
