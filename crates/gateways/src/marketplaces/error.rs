//! What may go wrong at a marketplace, by what is to be done about it.

use std::time::Duration;

use thiserror::Error;

/// What a failure asks of us (marketplaces-global §12). Platform codes are mapped to it in each
/// folder; what follows from a class is decided once, in the engine and the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorClass {
    /// The access token has run out: refresh once, repeat once.
    TokenExpired,
    /// The authorisation is gone: stop this account and ask the merchant.
    ReauthorizeNeeded,
    /// Too many calls in a short time: wait and repeat.
    RateLimited,
    /// The day's calls are spent, there or in our own budget: wait for the next day.
    QuotaSpent,
    /// The app lacks the right to this call.
    NotPermitted,
    /// The promotion position or user must be filed (备案) with the platform first.
    FilingNeeded,
    /// Our request is wrong: a bug of ours, never repeated.
    BadRequest,
    /// The platform refused for a reason of its business, told in the message.
    Business,
    /// What was asked for does not exist.
    NotFound,
    /// The state there is another than we thought: read again.
    Conflict,
    /// The platform computes another signature: wrong secret or a bug; alarm.
    BadSignature,
    /// Wrong key, address not on the allow-list, clock off: the operator must act.
    BadConfiguration,
    /// The platform sees a risk in us: cease calling until an operator lifts it.
    Stopped,
    /// The call has been withdrawn by the platform.
    Retired,
    /// Network fault, timeout, 5xx, or a web page instead of an answer.
    Upstream,
    /// JSON of the wrong shape, or cut off.
    Malformed,
    /// This connector cannot do that.
    Unsupported,
}

impl ErrorClass {
    /// Whether repeating the same request soon may succeed.
    pub fn may_pass(self) -> bool {
        matches!(self, ErrorClass::RateLimited | ErrorClass::Upstream | ErrorClass::Malformed)
    }
}

/// A failed call. Holds the platform's code and words, never parameters, keys or bodies.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{class:?} ({code}): {message}")]
pub struct ApiError {
    /// What to do about it.
    pub class: ErrorClass,
    /// The platform's own code, as text; our own word where the platform gave none.
    pub code: String,
    /// The platform's message, shortened.
    pub message: String,
    /// How long to wait before asking again, when somebody said so.
    pub retry_after: Option<Duration>,
    /// Whether a limit is this operation's alone, so that others of the account may go on.
    pub of_operation: bool,
}

/// Longer messages are cut: some platforms echo whole parameters.
const LONGEST_MESSAGE: usize = 200;

impl ApiError {
    /// A failure of `class`; `code` is the platform's, or a word of ours.
    pub fn new(class: ErrorClass, code: impl Into<String>, message: impl AsRef<str>) -> Self {
        ApiError {
            class,
            code: code.into(),
            message: message.as_ref().chars().take(LONGEST_MESSAGE).collect(),
            retry_after: None,
            of_operation: false,
        }
    }

    /// The same, of a platform that limits each operation by itself: whoever must slow down may do other
    /// things meanwhile. A day that is over is over for all, unless the connector knows better.
    pub fn slows_operation(mut self) -> Self {
        self.of_operation = self.class == ErrorClass::RateLimited;
        self
    }

    /// The same, saying when to ask again.
    pub fn after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }

    /// An answer whose JSON lacks what the call promises.
    pub fn malformed(what: impl AsRef<str>) -> Self {
        ApiError::new(ErrorClass::Malformed, "malformed", what)
    }

    /// A request we refuse to make because the platform would refuse it.
    pub fn bad_request(what: impl AsRef<str>) -> Self {
        ApiError::new(ErrorClass::BadRequest, "refused_here", what)
    }

    /// A call this connector does not offer.
    pub fn unsupported(what: impl AsRef<str>) -> Self {
        ApiError::new(ErrorClass::Unsupported, "unsupported", what)
    }
}
