//! Consent of a seller, tokens by signed system calls.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::account::Setup;
use super::super::authorise::{Authorise, Callback, Grant, TokenStep};
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::loose::Loose;
use super::super::tokens::TokenSet;
use super::{AliExpress, errors};

/// The kind of account that sells; buyers can authorise too.
const SELLER: &str = "seller_center";

#[derive(Deserialize, Default)]
#[serde(default)]
struct Answer {
    access_token: Loose,
    expires_in: Loose,
    expire_time: Loose,
    refresh_token: Loose,
    refresh_expires_in: Loose,
    refresh_token_valid_time: Loose,
    seller_id: Loose,
    user_id: Loose,
    user_nick: Loose,
    account: Loose,
    account_platform: Loose,
}

impl Authorise for AliExpress {
    fn start(&self, setup: &Setup, state: &str) -> Result<HttpRequest, ApiError> {
        Ok(HttpRequest::get("authorize", "/oauth/authorize")
            .asking("response_type", "code")
            .asking("force_auth", "true")
            .asking("client_id", &self.app_key)
            .asking("redirect_uri", &setup.redirect_uri)
            .asking("state", state))
    }

    fn callback(&self, _: &Setup, callback: &Callback<'_>) -> Result<Grant, ApiError> {
        callback.code()
    }

    fn token(&self, _: &Setup, grant: &Grant) -> Result<TokenStep, ApiError> {
        let request = match grant {
            Grant::Code(code) => HttpRequest::form("auth.token.create", "/rest/auth/token/create")
                .with("code", code.expose_secret())
                .once(),
            Grant::Refresh(token) => HttpRequest::form("auth.token.refresh", "/rest/auth/token/refresh")
                .with("refresh_token", token.expose_secret())
                .once(),
            _ => return Err(ApiError::unsupported("tokens are had by a merchant's consent alone")),
        };
        Ok(TokenStep::Ask(Box::new(request)))
    }

    fn read_token(&self, _: &Setup, _: &Grant, reply: &HttpReply) -> Result<TokenSet, ApiError> {
        errors::classify(reply)?;
        let body: Answer = reply.json()?;
        if body.account_platform.text().is_some_and(|kind| kind != SELLER) {
            return Err(ApiError::new(ErrorClass::Conflict, "not_a_seller", "a buyer's account has authorised"));
        }
        let now = reply.received_at;
        let access = body.access_token.owned().ok_or_else(|| ApiError::malformed("no access_token"))?;
        Ok(TokenSet {
            access: SecretString::from(access),
            access_expires_at: body.expires_in.seconds_after(now).or_else(|| body.expire_time.unix_millis()),
            refresh: body.refresh_token.owned().map(SecretString::from),
            // A renewal need not move this end; it may even come nearer.
            refresh_expires_at: body
                .refresh_expires_in
                .seconds_after(now)
                .or_else(|| body.refresh_token_valid_time.unix_millis()),
            account_id: body.seller_id.id().or_else(|| body.user_id.id()),
            account_name: body.user_nick.owned().or_else(|| body.account.owned()),
            site: None,
            scopes: Vec::new(),
            extra: Map::<String, Value>::new(),
        })
    }
}
