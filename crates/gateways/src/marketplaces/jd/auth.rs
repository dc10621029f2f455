//! Consent on JD's page, and tokens by plain GETs at its host.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::super::account::Setup;
use super::super::authorise::{Authorise, Callback, Grant, TokenStep};
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{Host, HttpReply, HttpRequest};
use super::super::loose::Loose;
use super::super::settings::SettingsReader;
use super::super::tokens::TokenSet;
use super::types::TokenReply;
use super::{CONSENT, Jd};

impl Authorise for Jd {
    fn check(&self, setup: &Setup, reader: &mut SettingsReader<'_>) {
        for name in ["install_id", "store_id"] {
            if setup.text(name).is_some_and(|text| !text.bytes().all(|byte| byte.is_ascii_digit())) {
                reader.fault(name, "must be a number");
            }
        }
    }

    fn start(&self, setup: &Setup, state: &str) -> Result<HttpRequest, ApiError> {
        Ok(HttpRequest::get("authorize", "/oauth2/to_login")
            .at(Host::Named(CONSENT))
            .asking("app_key", &self.app.app_key)
            .asking("response_type", "code")
            .asking("redirect_uri", &setup.redirect_uri)
            .asking("state", state)
            .asking("scope", "snsapi_base"))
    }

    fn callback(&self, _: &Setup, callback: &Callback<'_>) -> Result<Grant, ApiError> {
        callback.code()
    }

    fn token(&self, _: &Setup, grant: &Grant) -> Result<TokenStep, ApiError> {
        let request = match grant {
            Grant::Code(code) => HttpRequest::get("access_token", "/oauth2/access_token")
                .asking("grant_type", "authorization_code")
                .asking("code", code.expose_secret()),
            Grant::Refresh(token) => HttpRequest::get("refresh_token", "/oauth2/refresh_token")
                .asking("grant_type", "refresh_token")
                .asking("refresh_token", token.expose_secret()),
            _ => return Err(ApiError::unsupported("tokens are had by a merchant's consent alone")),
        };
        let request = request
            .asking("app_key", &self.app.app_key)
            .asking("app_secret", self.app.app_secret.expose_secret())
            .at(Host::Named(CONSENT));
        Ok(TokenStep::Ask(Box::new(request.once().complete())))
    }

    fn read_token(&self, _: &Setup, _: &Grant, reply: &HttpReply) -> Result<TokenSet, ApiError> {
        let body: TokenReply = reply.json()?;
        let Some(access) = body.access_token.owned() else {
            return Err(refusal(&body, reply));
        };
        let now = reply.received_at;
        Ok(TokenSet {
            access: SecretString::from(access),
            access_expires_at: body.expires_in.seconds_after(now),
            refresh: body.refresh_token.owned().map(SecretString::from),
            refresh_expires_at: None,
            account_id: body.uid.id().or_else(|| body.open_id.owned()),
            account_name: body.user_nick.owned(),
            site: None,
            scopes: body
                .scope
                .text()
                .map(|scope| scope.split([' ', ',']).map(str::to_owned).collect())
                .unwrap_or_default(),
            extra: Map::<String, Value>::new(),
        })
    }
}

/// What an answer without a token says. A code or refresh token that is not taken needs the merchant.
fn refusal(body: &TokenReply, reply: &HttpReply) -> ApiError {
    let told = |loose: &Loose| loose.owned();
    let nested = body.error_response.as_ref();
    let code = told(&body.code).or_else(|| nested.and_then(|error| told(&error.code)));
    let said = told(&body.msg).or_else(|| nested.and_then(|error| told(&error.zh_desc))).unwrap_or_default();
    match code {
        Some(code) if code != "0" => ApiError::new(ErrorClass::ReauthorizeNeeded, code, said),
        _ => reply.accepted_by_status().err().unwrap_or_else(|| ApiError::malformed("no access_token")),
    }
}
