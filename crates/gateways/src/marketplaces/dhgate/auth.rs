//! Consent of a seller; tokens as OAuth has them, in a unit that is not certain.

use secrecy::ExposeSecret;

use super::super::account::Setup;
use super::super::authorise::{Authorise, Callback, Grant, TokenStep};
use super::super::error::ApiError;
use super::super::exchange::{Host, HttpReply, HttpRequest};
use super::super::oauth;
use super::super::tokens::TokenSet;
use super::Dhgate;

const HOST: &str = "https://secure.dhgate.com";
/// Unconfirmed.
const CONSENT: &str = "/dop/oauth2/authorize";
const TOKEN: &str = "/dop/oauth2/access_token";

impl Authorise for Dhgate {
    fn start(&self, setup: &Setup, state: &str) -> Result<HttpRequest, ApiError> {
        Ok(HttpRequest::get("authorize", CONSENT)
            .at(Host::Own(HOST.to_owned()))
            .asking("client_id", &self.client_id)
            .asking("response_type", "code")
            .asking("redirect_uri", &setup.redirect_uri)
            .asking("state", state))
    }

    fn callback(&self, _: &Setup, callback: &Callback<'_>) -> Result<Grant, ApiError> {
        callback.code()
    }

    fn token(&self, setup: &Setup, grant: &Grant) -> Result<TokenStep, ApiError> {
        let request = HttpRequest::form("access_token", TOKEN)
            .at(Host::Own(HOST.to_owned()))
            .with("client_id", &self.client_id)
            .with("client_secret", self.client_secret.expose_secret())
            .once()
            .complete();
        let request = match grant {
            Grant::Code(code) => request
                .with("grant_type", "authorization_code")
                .with("code", code.expose_secret())
                .with("redirect_uri", &setup.redirect_uri),
            Grant::Refresh(token) => request
                .with("grant_type", "refresh_token")
                .with("refresh_token", token.expose_secret())
                .with("scope", "basic"),
            _ => return Err(ApiError::unsupported("tokens are had by a merchant's consent alone")),
        };
        Ok(TokenStep::Ask(Box::new(request)))
    }

    fn read_token(&self, setup: &Setup, _: &Grant, reply: &HttpReply) -> Result<TokenSet, ApiError> {
        let tokens = oauth::read(reply)?;
        Ok(TokenSet { account_id: setup.text("seller_id"), ..tokens })
    }
}
