//! Tokens: all parameters in the query, the body an empty object.

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, json};

use super::super::account::Setup;
use super::super::authorise::{Authorise, Callback, Grant, TokenStep};
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::facts::AccountKind;
use super::super::order_states;
use super::super::settings::SettingsReader;
use super::super::tokens::TokenSet;
use super::types::TokenReply;
use super::{Weimob, errors};

/// The kind of store of today's cloud.
const TODAY: &str = "business_operation_system_id";
const KINDS: [&str; 2] = [TODAY, "public_account_id"];

impl Authorise for Weimob {
    fn check(&self, setup: &Setup, reader: &mut SettingsReader<'_>) {
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        for name in ["vid", "shop_id"] {
            if setup.text(name).is_some_and(|text| !is_number(&text)) {
                reader.fault(name, "must be a number");
            }
        }
        if setup.text("shop_type").is_some_and(|kind| !KINDS.contains(&kind.as_str())) {
            reader.fault("shop_type", "must be business_operation_system_id or public_account_id");
        }
        order_states::check(setup, reader);
    }

    fn start(&self, setup: &Setup, state: &str) -> Result<HttpRequest, ApiError> {
        if setup.kind == AccountKind::SelfAuthorised {
            return Err(ApiError::unsupported("a store's own app needs no consent"));
        }
        Ok(HttpRequest::get("authorize", "/fuwu/b/oauth2/authorize")
            .asking("enter", "wm")
            .asking("view", "pc")
            .asking("response_type", "code")
            .asking("scope", "default")
            .asking("client_id", &self.client_id)
            .asking("redirect_uri", &setup.redirect_uri)
            .asking("state", state))
    }

    fn callback(&self, _: &Setup, callback: &Callback<'_>) -> Result<Grant, ApiError> {
        callback.code()
    }

    fn token(&self, setup: &Setup, grant: &Grant) -> Result<TokenStep, ApiError> {
        let ask = |kind: &str| {
            HttpRequest::json("oauth2/token", Method::POST, "/fuwu/b/oauth2/token", &json!({}))
                .asking("grant_type", kind)
                .asking("client_id", &self.client_id)
                .asking("client_secret", self.client_secret.expose_secret())
                .complete()
        };
        let request = match grant {
            Grant::ClientCredentials => {
                let store = setup.text("shop_id").ok_or_else(|| ApiError::bad_request("no shop_id"))?;
                let kind = setup.text("shop_type").unwrap_or_else(|| TODAY.to_owned());
                ask("client_credentials").asking("shop_id", store).asking("shop_type", kind)
            }
            Grant::Code(code) => ask("authorization_code")
                .asking("code", code.expose_secret())
                .asking("redirect_uri", &setup.redirect_uri)
                .once(),
            Grant::Refresh(token) => ask("refresh_token").asking("refresh_token", token.expose_secret()).once(),
            _ => return Err(ApiError::unsupported("tokens are had by the app or by a code")),
        };
        Ok(TokenStep::Ask(Box::new(request)))
    }

    fn read_token(&self, _: &Setup, grant: &Grant, reply: &HttpReply) -> Result<TokenSet, ApiError> {
        let body: TokenReply = reply.json()?;
        let Some(access) = body.access_token.owned() else {
            if let Some(code) = body.code.filter(|code| code.errcode.text() != Some("0")) {
                // Nothing is renewed by asking again for the token that was refused.
                let refusal = errors::refusal(&code);
                return Err(ApiError { class: not_renewable(refusal.class), ..refusal });
            }
            if let Some(error) = body.error.text() {
                let said = body.error_description.text().unwrap_or_default();
                return Err(ApiError::new(ErrorClass::ReauthorizeNeeded, error, said));
            }
            reply.accepted_by_status()?;
            return Err(ApiError::malformed("no access_token"));
        };
        let now = reply.received_at;
        // With its own credentials an app simply asks again, whatever else the answer holds.
        let lasting = !matches!(grant, Grant::ClientCredentials);
        Ok(TokenSet {
            access: SecretString::from(access),
            access_expires_at: body.expires_in.seconds_after(now),
            refresh: body.refresh_token.owned().filter(|_| lasting).map(SecretString::from),
            refresh_expires_at: body.refresh_token_expires_in.seconds_after(now).filter(|_| lasting),
            account_id: body.business_operation_system_id.id().or_else(|| body.public_account_id.id()),
            account_name: None,
            site: None,
            scopes: body.scope.text().map(|scope| scope.split(' ').map(str::to_owned).collect()).unwrap_or_default(),
            extra: Map::new(),
        })
    }

    fn renewal(&self, setup: &Setup, tokens: &TokenSet) -> Option<Grant> {
        match setup.kind {
            AccountKind::SelfAuthorised => Some(Grant::ClientCredentials),
            AccountKind::ThirdParty => tokens.refresh.clone().map(Grant::Refresh),
        }
    }
}

fn not_renewable(class: ErrorClass) -> ErrorClass {
    if class == ErrorClass::TokenExpired { ErrorClass::ReauthorizeNeeded } else { class }
}
