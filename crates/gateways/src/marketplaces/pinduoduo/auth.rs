//! Consent on the service market, and tokens by signed calls (marketplaces-cn B.1).
//!
//! A renewal need not move the token's end; the caller sees it by [`TokenSet::outlasts`] and asks the
//! merchant in time. A new authorisation ends the former code and tokens at once.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::super::account::{Account, Setup};
use super::super::authorise::{Authorise, Callback, Grant, Identity, TokenStep};
use super::super::connector::BoxFeed;
use super::super::error::ApiError;
use super::super::exchange::{Host, HttpReply, HttpRequest};
use super::super::feeds::Once;
use super::super::model::Page;
use super::super::tokens::TokenSet;
use super::types::{MallReply, TokenBody, TokenReply};
use super::{CONSENT, Pinduoduo, gate};

impl Authorise for Pinduoduo {
    fn start(&self, setup: &Setup, state: &str) -> Result<HttpRequest, ApiError> {
        Ok(HttpRequest::get("authorize", "")
            .at(Host::Named(CONSENT))
            .asking("response_type", "code")
            .asking("client_id", &self.app.client_id)
            .asking("redirect_uri", &setup.redirect_uri)
            .asking("state", state)
            .asking("view", "web"))
    }

    fn callback(&self, _: &Setup, callback: &Callback<'_>) -> Result<Grant, ApiError> {
        callback.code()
    }

    fn token(&self, _: &Setup, grant: &Grant) -> Result<TokenStep, ApiError> {
        let request = match grant {
            Grant::Code(code) => {
                HttpRequest::gateway_write("pdd.pop.auth.token.create").with("code", code.expose_secret())
            }
            Grant::Refresh(token) => {
                HttpRequest::gateway_write("pdd.pop.auth.token.refresh").with("refresh_token", token.expose_secret())
            }
            _ => return Err(ApiError::unsupported("tokens are had by a merchant's consent alone")),
        };
        Ok(TokenStep::Ask(Box::new(request)))
    }

    fn read_token(&self, _: &Setup, _: &Grant, reply: &HttpReply) -> Result<TokenSet, ApiError> {
        gate::classify(reply)?;
        let body: TokenReply = reply.json()?;
        let body = body.pop_auth_token_create_response.or(body.pop_auth_token_refresh_response);
        tokens(body.ok_or_else(|| ApiError::malformed("no token in the answer"))?, reply)
    }

    fn who<'a>(&'a self, _: &'a Account) -> Option<BoxFeed<'a, Identity>> {
        Some(Box::new(Once {
            ask: || Ok(HttpRequest::gateway_read("pdd.mall.info.get")),
            read: |reply: &HttpReply| {
                let body: MallReply = reply.json()?;
                let mall =
                    body.mall_info_get_response.ok_or_else(|| ApiError::malformed("no mall_info_get_response"))?;
                let account_id = mall.mall_id.id().ok_or_else(|| ApiError::malformed("no mall_id"))?;
                Ok(Page::of(vec![Identity { account_id, name: mall.mall_name.owned(), sites: Vec::new() }]))
            },
        }))
    }
}

fn tokens(body: TokenBody, reply: &HttpReply) -> Result<TokenSet, ApiError> {
    let access = body.access_token.owned().ok_or_else(|| ApiError::malformed("no access_token"))?;
    let account_id = body.owner_id.id().ok_or_else(|| ApiError::malformed("no owner_id"))?;
    let now = reply.received_at;
    Ok(TokenSet {
        access: SecretString::from(access),
        access_expires_at: body.expires_at.unix_seconds().or_else(|| body.expires_in.seconds_after(now)),
        refresh: body.refresh_token.owned().map(SecretString::from),
        refresh_expires_at: body
            .refresh_token_expires_at
            .unix_seconds()
            .or_else(|| body.refresh_token_expires_in.seconds_after(now)),
        account_id: Some(account_id),
        account_name: body.owner_name.owned(),
        site: None,
        scopes: body.scope.0.iter().filter_map(super::super::loose::Loose::owned).collect(),
        extra: Map::<String, Value>::new(),
    })
}
