//! Consent on the store's own page; tokens whose times the answer tells.

use secrecy::ExposeSecret;

use super::super::account::Setup;
use super::super::authorise::{Authorise, Callback, Grant, TokenStep, refused};
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::loose::Loose;
use super::super::money::Currency;
use super::super::oauth;
use super::super::settings::SettingsReader;
use super::super::shop_host;
use super::super::tokens::TokenSet;
use super::{DOMAIN, Shoplazza, at_store};

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Store {
    store_name: Loose,
    store_id: Loose,
}

impl Authorise for Shoplazza {
    fn check(&self, setup: &Setup, reader: &mut SettingsReader<'_>) {
        if setup.text("shop").is_some_and(|shop| shop_host::checked(&shop, DOMAIN).is_none()) {
            reader.fault("shop", "must be the store's host, as name.myshoplaza.com");
        }
        if setup.text("currency").is_some_and(|code| Currency::parse(&code).is_err()) {
            reader.fault("currency", "must be a currency's code, as USD");
        }
    }

    fn start(&self, setup: &Setup, state: &str) -> Result<HttpRequest, ApiError> {
        let page = HttpRequest::get("authorize", "/admin/oauth/authorize")
            .asking("response_type", "code")
            .asking("client_id", &self.client_id)
            .asking("redirect_uri", &setup.redirect_uri)
            .asking("scope", &self.scope)
            .asking("state", state);
        at_store(page, &setup.account(""))
    }

    fn callback(&self, setup: &Setup, callback: &Callback<'_>) -> Result<Grant, ApiError> {
        let secrets = std::iter::once(&self.client_secret);
        shop_host::check_query(callback.query, callback.parameter("hmac")?, secrets)?;
        let shop = shop_host::checked(callback.parameter("shop")?, DOMAIN);
        let shop = shop.ok_or_else(|| refused("the callback's shop is no host of a store"))?;
        if shop_host::origin(&setup.account(""), DOMAIN)? != format!("https://{shop}") {
            return Err(ApiError::new(ErrorClass::Conflict, "other_account", "another store has authorised"));
        }
        callback.code()
    }

    fn token(&self, setup: &Setup, grant: &Grant) -> Result<TokenStep, ApiError> {
        let request = HttpRequest::form("token", "/admin/oauth/token")
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
                .with("redirect_uri", &setup.redirect_uri),
            _ => return Err(ApiError::unsupported("tokens are had by a merchant's consent alone")),
        };
        Ok(TokenStep::Ask(Box::new(at_store(request, &setup.account(""))?)))
    }

    fn read_token(&self, setup: &Setup, _: &Grant, reply: &HttpReply) -> Result<TokenSet, ApiError> {
        let mut tokens = oauth::read(reply)?;
        let store: Store = reply.json()?;
        tokens.account_id = setup.text("shop").and_then(|shop| shop_host::checked(&shop, DOMAIN));
        tokens.account_name = store.store_name.owned();
        if let Some(id) = store.store_id.owned() {
            tokens.extra.insert("store_id".to_owned(), id.into());
        }
        Ok(tokens)
    }
}
