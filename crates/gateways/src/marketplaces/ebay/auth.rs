//! Consent by the registered name, tokens of two hours, a refresh token of eighteen months that stays.

use kernel::crypto::base64_encode;
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::super::account::{Account, Setup};
use super::super::authorise::{Authorise, Callback, Grant, Identity, TokenStep};
use super::super::connector::BoxFeed;
use super::super::error::ApiError;
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::feeds::Once;
use super::super::loose::Loose;
use super::super::model::Page;
use super::super::oauth;
use super::super::tokens::TokenSet;
use super::{Ebay, sites};

const TOKEN: &str = "/identity/v1/oauth2/token";
/// Who has authorised. The address is unconfirmed.
const WHO: &str = "/commerce/identity/v1/user/";

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct User {
    user_id: Loose,
    username: Loose,
}

impl Authorise for Ebay {
    fn start(&self, _: &Setup, state: &str) -> Result<HttpRequest, ApiError> {
        Ok(HttpRequest::get("authorize", "/oauth2/authorize")
            .at(self.host("auth"))
            .asking("client_id", &self.client_id)
            .asking("redirect_uri", &self.ru_name)
            .asking("response_type", "code")
            .asking("scope", &self.scope)
            .asking("state", state))
    }

    fn callback(&self, _: &Setup, callback: &Callback<'_>) -> Result<Grant, ApiError> {
        callback.code()
    }

    fn token(&self, _: &Setup, grant: &Grant) -> Result<TokenStep, ApiError> {
        let request = match grant {
            Grant::Code(code) => self
                .token_request("authorization_code")
                .with("code", code.expose_secret())
                .with("redirect_uri", &self.ru_name)
                .once(),
            Grant::Refresh(token) => self.token_request("refresh_token").with("refresh_token", token.expose_secret()),
            _ => return Err(ApiError::unsupported("tokens are had by a merchant's consent alone")),
        };
        Ok(TokenStep::Ask(Box::new(request)))
    }

    fn read_token(&self, _: &Setup, _: &Grant, reply: &HttpReply) -> Result<TokenSet, ApiError> {
        oauth::read(reply)
    }

    fn who<'a>(&'a self, _: &'a Account) -> Option<BoxFeed<'a, Identity>> {
        Some(Box::new(Once {
            ask: || Ok(HttpRequest::get("getUser", WHO).at(self.host("apiz"))),
            read: |reply: &HttpReply| {
                let user: User = reply.json()?;
                // Names are replaced by ids over there; the id alone is a key.
                let account_id = user.user_id.owned().ok_or_else(|| ApiError::malformed("no userId"))?;
                let sites = sites::SITES.iter().map(|site| site.code.to_owned()).collect();
                Ok(Page::of(vec![Identity { account_id, name: user.username.owned(), sites }]))
            },
        }))
    }
}

impl Ebay {
    /// A question for tokens of one grant, with the app's name and secret in its header.
    pub fn token_request(&self, grant: &str) -> HttpRequest {
        let secret = self.client_secret.expose_secret();
        let basic = base64_encode(format!("{}:{secret}", self.client_id));
        HttpRequest::form("token", TOKEN)
            .at(self.host("api"))
            .header("authorization", format!("Basic {basic}"))
            .with("grant_type", grant)
            .complete()
    }
}
