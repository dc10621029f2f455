//! Consent on the store's own page, tokens of an hour that rotate, or a pasted one that never ends.

use chrono::TimeDelta;
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::json;

use super::super::account::{Account, Setup};
use super::super::authorise::{Authorise, Callback, Grant, Identity, TokenStep, refused};
use super::super::connector::BoxFeed;
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{Host, HttpReply, HttpRequest};
use super::super::feeds::Once;
use super::super::model::Page;
use super::super::oauth;
use super::super::settings::SettingsReader;
use super::super::shop_host;
use super::super::tokens::TokenSet;
use super::types::ShopData;
use super::{DOMAIN, Shopify, ask, data};

/// A callback older or younger than this is refused.
const TOLERANCE: TimeDelta = TimeDelta::seconds(90);

impl Authorise for Shopify {
    fn check(&self, setup: &Setup, reader: &mut SettingsReader<'_>) {
        if setup.text("shop").is_some_and(|shop| shop_host::checked(&shop, DOMAIN).is_none()) {
            reader.fault("shop", "must be the store's host, as name.myshopify.com");
        }
        if setup.text("location_id").is_some_and(|id| !id.starts_with("gid://shopify/Location/")) {
            reader.fault("location_id", "must begin with gid://shopify/Location/");
        }
    }

    fn start(&self, setup: &Setup, state: &str) -> Result<HttpRequest, ApiError> {
        let origin = shop_host::origin(&setup.account(""), DOMAIN)?;
        Ok(HttpRequest::get("authorize", "/admin/oauth/authorize")
            .at(Host::Own(origin))
            .asking("client_id", &self.client_id)
            .asking("scope", &self.scope)
            .asking("redirect_uri", &setup.redirect_uri)
            .asking("state", state))
    }

    fn callback(&self, setup: &Setup, callback: &Callback<'_>) -> Result<Grant, ApiError> {
        shop_host::check_query(callback.query, callback.parameter("hmac")?, self.secrets())?;
        let sent_at = callback.parameter("timestamp")?.parse().ok();
        let sent_at = sent_at.and_then(|seconds| chrono::DateTime::from_timestamp(seconds, 0));
        let sent_at = sent_at.ok_or_else(|| refused("the callback's timestamp is no time"))?;
        if (callback.now - sent_at).abs() > TOLERANCE {
            return Err(refused("the callback is too old"));
        }
        let shop = shop_host::checked(callback.parameter("shop")?, DOMAIN);
        let shop = shop.ok_or_else(|| refused("the callback's shop is no host of a store"))?;
        if shop_host::origin(&setup.account(""), DOMAIN)? != format!("https://{shop}") {
            return Err(ApiError::new(ErrorClass::Conflict, "other_account", "another store has authorised"));
        }
        callback.code()
    }

    fn token(&self, setup: &Setup, grant: &Grant) -> Result<TokenStep, ApiError> {
        let mut body = json!({"client_id": self.client_id, "client_secret": self.client_secret.expose_secret()});
        let more = match grant {
            Grant::Code(code) => json!({"code": code.expose_secret(), "expiring": "1"}),
            Grant::Refresh(token) => {
                json!({"grant_type": "refresh_token", "refresh_token": token.expose_secret()})
            }
            Grant::ClientCredentials => json!({"grant_type": "client_credentials"}),
            Grant::Pasted(token) => {
                return Ok(TokenStep::Have(Box::new(named(TokenSet::lasting(token.expose_secret()), setup)?)));
            }
            Grant::Silent { .. } => return Err(ApiError::unsupported("a store must be asked")),
        };
        if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
            body.extend(more.clone());
        }
        let origin = shop_host::origin(&setup.account(""), DOMAIN)?;
        let request = HttpRequest::json("access_token", Method::POST, "/admin/oauth/access_token", &body)
            .at(Host::Own(origin))
            // The former refresh token stays usable until the new one is used; a code does not.
            .repeatable(!matches!(grant, Grant::Code(_)))
            .complete();
        Ok(TokenStep::Ask(Box::new(request)))
    }

    fn read_token(&self, setup: &Setup, _: &Grant, reply: &HttpReply) -> Result<TokenSet, ApiError> {
        named(oauth::read(reply).map_err(used_up)?, setup)
    }

    fn who<'a>(&'a self, account: &'a Account) -> Option<BoxFeed<'a, Identity>> {
        Some(Box::new(Once {
            ask: || ask(account, "shop", include_str!("graphql/shop.graphql"), &json!({})),
            read: |reply: &HttpReply| {
                let found: ShopData = data(reply)?;
                let account_id = found.shop.myshopify_domain.owned();
                let account_id = account_id.ok_or_else(|| ApiError::malformed("no myshopifyDomain"))?;
                Ok(Page::of(vec![Identity { account_id, name: found.shop.name.owned(), sites: Vec::new() }]))
            },
        }))
    }
}

/// A token is the store's whose host gave it.
fn named(tokens: TokenSet, setup: &Setup) -> Result<TokenSet, ApiError> {
    let host = setup.text("shop").and_then(|shop| shop_host::checked(&shop, DOMAIN));
    let host = host.ok_or_else(|| ApiError::bad_request("the account has no shop"))?;
    Ok(TokenSet { account_id: Some(host), ..tokens })
}

/// A code or refresh token that is not taken is called an invalid request here.
fn used_up(mut error: ApiError) -> ApiError {
    if error.code == "invalid_request" {
        error.class = ErrorClass::ReauthorizeNeeded;
    }
    error
}
