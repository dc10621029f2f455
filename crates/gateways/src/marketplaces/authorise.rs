//! How a merchant lets us act for his store: consent page, callback, tokens.

use chrono::{DateTime, Utc};
use kernel::crypto::digest;
use secrecy::SecretString;

use super::account::{Account, Setup};
use super::connector::BoxFeed;
use super::error::{ApiError, ErrorClass};
use super::exchange::{HttpReply, HttpRequest};
use super::settings::SettingsReader;
use super::tokens::TokenSet;

/// What a token is asked for with. It has no `Debug`: it holds codes and tokens.
#[derive(Clone)]
pub enum Grant {
    /// The code of a callback; good once, for minutes.
    Code(SecretString),
    /// The refresh token.
    Refresh(SecretString),
    /// Nothing: the app asks for a store it may act for, by the account's data.
    Silent {
        /// Whether a new token is wanted although the former one lives; it ends then.
        anew: bool,
    },
    /// Key and secret of the app.
    ClientCredentials,
    /// What the operator has pasted in.
    Pasted(SecretString),
}

/// How a grant becomes tokens.
pub enum TokenStep {
    /// By this question, sent as it stands or signed by [`super::Connector::sign`].
    Ask(Box<HttpRequest>),
    /// At once: what was pasted is the token.
    Have(Box<TokenSet>),
}

/// What the platform's consent page sent the merchant back with.
pub struct Callback<'a> {
    /// The query, decoded, in its order.
    pub query: &'a [(String, String)],
    /// The state that was given to the page; single-use, kept by the caller.
    pub state: &'a str,
    /// When it came.
    pub now: DateTime<Utc>,
}

impl Callback<'_> {
    /// A parameter that must be there once and not be empty.
    pub fn parameter(&self, name: &str) -> Result<&str, ApiError> {
        let mut found = self.query.iter().filter(|(known, value)| known == name && !value.is_empty());
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Ok(value),
            _ => Err(refused(&format!("the callback has no usable {name}"))),
        }
    }

    /// Refuses another state than the one given to the page, and the merchant's own refusal.
    pub fn check_state(&self) -> Result<(), ApiError> {
        if !digest::same(self.parameter("state")?, self.state) {
            return Err(refused("the callback's state is another"));
        }
        if let Ok(said) = self.parameter("error") {
            return Err(ApiError::new(ErrorClass::ReauthorizeNeeded, "consent_refused", said));
        }
        Ok(())
    }

    /// State checked, and the code as a grant: all that most platforms send.
    pub fn code(&self) -> Result<Grant, ApiError> {
        self.check_state()?;
        Ok(Grant::Code(SecretString::from(self.parameter("code")?.to_owned())))
    }
}

/// A callback that must not be followed.
pub fn refused(what: &str) -> ApiError {
    ApiError::new(ErrorClass::BadRequest, "callback_refused", what)
}

/// Who a token speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The merchant's id at the platform.
    pub account_id: String,
    /// The store's name.
    pub name: Option<String>,
    /// The sites it covers, by their codes; empty where the platform has one.
    pub sites: Vec<String>,
}

/// The steps of an authorisation, as pure as the rest of a connector.
pub trait Authorise: Send + Sync {
    /// Looks at the form of an account's data; that all are there has been checked.
    fn check(&self, _setup: &Setup, _reader: &mut SettingsReader<'_>) {}

    /// The consent page, as a GET whose address the merchant's browser is sent to
    /// ([`super::Channel::address`]). `state` is ours: random, single-use, ten minutes.
    fn start(&self, _setup: &Setup, _state: &str) -> Result<HttpRequest, ApiError> {
        Err(ApiError::unsupported("there is no consent page"))
    }

    /// Checks a callback without asking anybody and takes the grant out of it.
    fn callback(&self, _setup: &Setup, _callback: &Callback<'_>) -> Result<Grant, ApiError> {
        Err(ApiError::unsupported("there is no callback"))
    }

    /// How `grant` becomes tokens. The request of a code is not repeatable: the code is good once.
    fn token(&self, setup: &Setup, grant: &Grant) -> Result<TokenStep, ApiError>;

    /// The tokens in the answer; judges the answer itself, since token endpoints have envelopes of
    /// their own.
    fn read_token(&self, setup: &Setup, grant: &Grant, reply: &HttpReply) -> Result<TokenSet, ApiError>;

    /// How tokens are renewed; `None`: only by the merchant.
    fn renewal(&self, _setup: &Setup, tokens: &TokenSet) -> Option<Grant> {
        tokens.refresh.clone().map(Grant::Refresh)
    }

    /// Asks whom a token speaks for, for the test button and where the token's answer does not say; one row.
    fn who<'a>(&'a self, _account: &'a Account) -> Option<BoxFeed<'a, Identity>> {
        None
    }
}
