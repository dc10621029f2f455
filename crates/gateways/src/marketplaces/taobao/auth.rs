//! Consent on Taobao's page, and tokens by signed calls whose result is JSON text.

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
use super::types::{Token, TokenReply, UserReply};
use super::{CONSENT, Taobao, gate};

impl Authorise for Taobao {
    fn start(&self, setup: &Setup, state: &str) -> Result<HttpRequest, ApiError> {
        Ok(HttpRequest::get("authorize", "/authorize")
            .at(Host::Named(CONSENT))
            .asking("response_type", "code")
            .asking("client_id", &self.app.app_key)
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
                HttpRequest::gateway_write("taobao.top.auth.token.create").with("code", code.expose_secret())
            }
            Grant::Refresh(token) => {
                HttpRequest::gateway_write("taobao.top.auth.token.refresh").with("refresh_token", token.expose_secret())
            }
            _ => return Err(ApiError::unsupported("tokens are had by a merchant's consent alone")),
        };
        Ok(TokenStep::Ask(Box::new(request)))
    }

    fn read_token(&self, _: &Setup, _: &Grant, reply: &HttpReply) -> Result<TokenSet, ApiError> {
        gate::classify(reply)?;
        let body: TokenReply = reply.json()?;
        let body = body.top_auth_token_create_response.or(body.top_auth_token_refresh_response);
        let text = body.and_then(|body| body.token_result.owned());
        let text = text.ok_or_else(|| ApiError::malformed("no token_result"))?;
        let token: Token = serde_json::from_str(&text).map_err(|_| ApiError::malformed("token_result is no JSON"))?;
        let access = token.access_token.owned().ok_or_else(|| ApiError::malformed("no access_token"))?;
        let account_id = token.taobao_user_id.id().or_else(|| token.taobao_open_uid.owned());
        let now = reply.received_at;
        Ok(TokenSet {
            access: SecretString::from(access),
            access_expires_at: token.expires_in.seconds_after(now),
            refresh: token.refresh_token.owned().map(SecretString::from),
            refresh_expires_at: token.re_expires_in.seconds_after(now),
            account_id,
            account_name: token.taobao_user_nick.owned(),
            site: None,
            scopes: Vec::new(),
            extra: Map::<String, Value>::new(),
        })
    }

    fn who<'a>(&'a self, _: &'a Account) -> Option<BoxFeed<'a, Identity>> {
        Some(Box::new(Once {
            ask: || Ok(HttpRequest::gateway_read("taobao.user.seller.get").with("fields", "user_id,nick")),
            read: |reply: &HttpReply| {
                let body: UserReply = reply.json()?;
                let user = body.user_seller_get_response.and_then(|body| body.user);
                let user = user.ok_or_else(|| ApiError::malformed("no user"))?;
                let account_id = user.user_id.id().ok_or_else(|| ApiError::malformed("no user_id"))?;
                Ok(Page::of(vec![Identity { account_id, name: user.nick.owned(), sites: Vec::new() }]))
            },
        }))
    }
}
