//! Consent on the merchant's page, tokens of thirty days, a refresh token that stays.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Map;

use super::super::account::{Account, Setup};
use super::super::amount::moment;
use super::super::authorise::{Authorise, Callback, Grant, Identity, TokenStep};
use super::super::connector::BoxFeed;
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::feeds::Once;
use super::super::loose::{List, Loose};
use super::super::model::Page;
use super::super::oauth::not_expired;
use super::super::tokens::TokenSet;
use super::{Wish, errors};

#[derive(Deserialize, Default)]
#[serde(default)]
struct Answer {
    data: Option<Data>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Data {
    access_token: Loose,
    refresh_token: Loose,
    merchant_id: Loose,
    merchant_username: Loose,
    scopes: List<Loose>,
    expiry_time: Loose,
    /// How an account below a merchant's own shows itself is unconfirmed.
    is_sub_account: Loose,
    sub_account_id: Loose,
}

impl Data {
    /// The merchant who speaks; sub-accounts cannot.
    fn merchant(&self) -> Result<String, ApiError> {
        if self.is_sub_account.is_true() || self.sub_account_id.id().is_some() {
            let said = "a sub-account cannot authorise: the merchant's own must";
            return Err(ApiError::new(ErrorClass::NotPermitted, "sub_account", said));
        }
        self.merchant_id.owned().ok_or_else(|| ApiError::malformed("no merchant_id"))
    }
}

impl Authorise for Wish {
    /// The address to come back to is fixed in the app. That `state` comes back is unconfirmed.
    fn start(&self, _: &Setup, state: &str) -> Result<HttpRequest, ApiError> {
        Ok(HttpRequest::get("authorize", "/v3/oauth/authorize")
            .at(self.host())
            .asking("client_id", &self.client_id)
            .asking("state", state))
    }

    fn callback(&self, _: &Setup, callback: &Callback<'_>) -> Result<Grant, ApiError> {
        callback.code()
    }

    fn token(&self, setup: &Setup, grant: &Grant) -> Result<TokenStep, ApiError> {
        let path = match grant {
            Grant::Refresh(_) => "/api/v3/oauth/refresh_token",
            _ => "/api/v3/oauth/access_token",
        };
        let request = HttpRequest::form("oauth", path)
            .at(self.host())
            .with("client_id", &self.client_id)
            .with("client_secret", self.client_secret.expose_secret())
            .complete();
        let request = match grant {
            Grant::Code(code) => request
                .with("grant_type", "authorization_code")
                .with("code", code.expose_secret())
                .with("redirect_uri", &setup.redirect_uri)
                .once(),
            Grant::Refresh(token) => {
                request.with("grant_type", "refresh_token").with("refresh_token", token.expose_secret())
            }
            _ => return Err(ApiError::unsupported("tokens are had by a merchant's consent alone")),
        };
        Ok(TokenStep::Ask(Box::new(request)))
    }

    fn read_token(&self, _: &Setup, _: &Grant, reply: &HttpReply) -> Result<TokenSet, ApiError> {
        errors::classify(reply).map_err(not_expired)?;
        let body: Answer = reply.json()?;
        let data = body.data.ok_or_else(|| ApiError::malformed("no data"))?;
        let access = data.access_token.owned().ok_or_else(|| ApiError::malformed("no access_token"))?;
        Ok(TokenSet {
            access: SecretString::from(access),
            access_expires_at: moment(&data.expiry_time),
            refresh: data.refresh_token.owned().map(SecretString::from),
            refresh_expires_at: None,
            account_id: Some(data.merchant()?),
            account_name: data.merchant_username.owned(),
            site: None,
            scopes: data.scopes.0.iter().filter_map(Loose::owned).collect(),
            extra: Map::new(),
        })
    }

    fn who<'a>(&'a self, _: &'a Account) -> Option<BoxFeed<'a, Identity>> {
        Some(Box::new(Once {
            ask: || Ok(HttpRequest::get("oauthTest", "/api/v3/oauth/test").at(self.host())),
            read: |reply: &HttpReply| {
                let body: Answer = reply.json()?;
                let data = body.data.ok_or_else(|| ApiError::malformed("no data"))?;
                let name = data.merchant_username.owned();
                Ok(Page::of(vec![Identity { account_id: data.merchant()?, name, sites: Vec::new() }]))
            },
        }))
    }
}
