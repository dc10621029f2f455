//! Messages that platforms push to us: verified, named, and told apart from their repetitions.
//!
//! A message says that something changed, never what it is now: the flow reads the thing again.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::connector::BoxFeed;
use super::error::{ApiError, ErrorClass};

/// A pushed request as it came.
#[derive(Clone, Copy)]
pub struct HookCall<'a> {
    /// HTTP method, in capitals.
    pub method: &'a str,
    /// Our address it was sent to, as registered.
    pub address: &'a str,
    /// The query, decoded.
    pub query: &'a [(String, String)],
    /// Headers, names in lower case.
    pub headers: &'a [(String, String)],
    /// The body, byte for byte.
    pub body: &'a [u8],
    /// The platform's public key that [`HookSource::key_id`] named, once it has been fetched.
    pub key: Option<&'a str>,
    /// When it came.
    pub received_at: DateTime<Utc>,
}

impl HookCall<'_> {
    /// The first header of that (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first query parameter of that name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookKind {
    /// Orders changed: read those in [`HookEvent::ids`] again.
    Orders,
    /// Goods changed.
    Goods,
    /// Stock changed there.
    Stock,
    /// A claim or refund changed; [`HookEvent::ids`] are the orders.
    Refunds,
    /// The merchant has taken the authorisation away: delete the tokens.
    Revoked,
    /// The merchant has authorised or subscribed; a code may be in it.
    Authorised,
    /// Buyer data must be shown or erased.
    Privacy,
    /// A question that proves our address; only the answer counts.
    Challenge,
    /// Something else, kept for operators.
    Other,
}

/// Whose data a message wants erased, where it says so exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Erasure {
    /// What these orders of the store tell of their buyer.
    Orders(Vec<String>),
    /// What was bought under any of these names, in every store that the app serves.
    Buyer(Vec<String>),
    /// What all orders of the store tell of their buyers.
    Store,
}

/// One verified message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookEvent {
    /// What it is about.
    pub kind: HookKind,
    /// The platform's word for that.
    pub topic: String,
    /// The merchant it concerns, by the platform's id.
    pub account_id: Option<String>,
    /// The things it concerns.
    pub ids: Vec<String>,
    /// What must be erased because of it; a message about buyer data without this is for people.
    pub erases: Option<Erasure>,
    /// What repetitions of the same message share.
    pub dedupe_key: String,
    /// Orders messages of one thing, where told.
    pub version: Option<i64>,
    /// Whether a strong signature vouches for it. If not it is a hint: it may make us read, slowly,
    /// and nothing else.
    pub trusted: bool,
    /// What to answer, within the platform's seconds.
    pub answer: HookAnswer,
}

/// The answer a platform takes for "received".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookAnswer {
    /// HTTP status.
    pub status: u16,
    /// Media type of the body.
    pub content_type: &'static str,
    /// Body.
    pub body: String,
}

impl HookAnswer {
    /// Status 200 with a JSON text.
    pub fn json(body: impl Into<String>) -> HookAnswer {
        HookAnswer { status: 200, content_type: "application/json", body: body.into() }
    }
}

/// Reads what a platform pushes.
pub trait HookSource: Send + Sync {
    /// The id of the public key a signature wants, where keys are fetched.
    fn key_id(&self, _call: &HookCall<'_>) -> Option<String> {
        None
    }

    /// Asks for that key; one row, its text.
    fn key<'a>(&'a self, _id: &'a str) -> Option<BoxFeed<'a, String>> {
        None
    }

    /// Verifies and reads one message. A wrong signature is [`ErrorClass::BadSignature`] and is
    /// answered with [`HookSource::refusal`]; nothing of such a message may be used.
    fn receive(&self, call: &HookCall<'_>) -> Result<HookEvent, ApiError>;

    /// The status for a message that is refused.
    fn refusal(&self) -> u16 {
        401
    }
}

/// A message whose signature is wrong or missing.
pub fn bad_signature() -> ApiError {
    ApiError::new(ErrorClass::BadSignature, "hook_signature", "the message's signature is wrong or missing")
}
