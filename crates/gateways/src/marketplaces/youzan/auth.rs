//! Tokens: silently for a store's own app, by a pushed code for an app of ours.
//!
//! Youzan sends the code to the app's fixed address and takes no parameter of ours along; so there is
//! no state in it, and the caller binds a code to the store that the token names.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::TimeDelta;
use kernel::crypto::open_aes_cbc;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::super::account::Setup;
use super::super::authorise::{self, Authorise, Callback, Grant, TokenStep};
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{Host, HttpReply, HttpRequest};
use super::super::settings::SettingsReader;
use super::super::tokens::TokenSet;
use super::types::TokenReply;
use super::{Youzan, errors};

/// A callback's message is sealed with the beginning of the app's secret.
pub const KEY_BYTES: usize = 16;
const IV: &[u8; 16] = b"0102030405060708";
/// The consent page, for stores that have subscribed to the app.
const CONSENT: &str = "https://diy.youzanyun.com";
/// How long a refresh token lives; the answer does not say.
const REFRESH_LIFE: TimeDelta = TimeDelta::days(28);

impl Authorise for Youzan {
    fn check(&self, setup: &Setup, reader: &mut SettingsReader<'_>) {
        if setup.text("grant_id").is_some_and(|id| !id.bytes().all(|byte| byte.is_ascii_digit())) {
            reader.fault("grant_id", "must be the store's number (kdt_id)");
        }
    }

    fn start(&self, _: &Setup, state: &str) -> Result<HttpRequest, ApiError> {
        Ok(HttpRequest::get("authorize", "/oauth/authorize")
            .at(Host::Own(CONSENT.to_owned()))
            .asking("client_id", &self.client_id)
            .asking("state", state))
    }

    fn callback(&self, _: &Setup, callback: &Callback<'_>) -> Result<Grant, ApiError> {
        let brings_state = callback.query.iter().any(|(name, _)| name == "state");
        if brings_state {
            callback.check_state()?;
        }
        let code = callback.parameter("code").map_err(|_| authorise::refused("no code was pushed"))?;
        Ok(Grant::Code(SecretString::from(code.to_owned())))
    }

    fn token(&self, setup: &Setup, grant: &Grant) -> Result<TokenStep, ApiError> {
        let mut body = json!({"client_id": self.client_id, "client_secret": self.client_secret.expose_secret()});
        let (kind, more, repeatable) = match grant {
            Grant::Silent { anew } => {
                let store = setup.text("grant_id").or_else(|| setup.account_id.clone());
                let store = store.ok_or_else(|| ApiError::bad_request("no grant_id"))?;
                // A new token ends the former one, so asking for one anew is not repeated.
                ("silent", json!({"grant_id": store, "refresh": anew}), !anew)
            }
            Grant::Code(code) => {
                ("authorization_code", json!({"code": code.expose_secret(), "redirect_uri": setup.redirect_uri}), false)
            }
            Grant::Refresh(token) => ("refresh_token", json!({"refresh_token": token.expose_secret()}), false),
            _ => return Err(ApiError::unsupported("tokens are had silently or by a code")),
        };
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
            body.insert("authorize_type".to_owned(), json!(kind));
            body.extend(more);
        }
        let request = HttpRequest::json("auth.token", Method::POST, "/auth/token", &body);
        Ok(TokenStep::Ask(Box::new(request.repeatable(repeatable).complete())))
    }

    fn read_token(&self, _: &Setup, _: &Grant, reply: &HttpReply) -> Result<TokenSet, ApiError> {
        let body: TokenReply = reply.json()?;
        let succeeded = body.success.is_true() || body.code.text() == Some("200");
        let Some(data) = body.data.filter(|_| succeeded) else {
            reply.accepted_by_status()?;
            let told = body.code.text().is_some();
            return Err(if told { errors::token(&body.code, &body.message) } else { ApiError::malformed("no data") });
        };
        let access = data.access_token.owned().ok_or_else(|| ApiError::malformed("no access_token"))?;
        let refresh = data.refresh_token.owned().map(SecretString::from);
        Ok(TokenSet {
            access: SecretString::from(access),
            // An absolute time, although its name says a life.
            access_expires_at: data.expires.unix_millis(),
            refresh_expires_at: refresh.is_some().then(|| reply.received_at + REFRESH_LIFE),
            refresh,
            account_id: data.authority_id.id(),
            account_name: None,
            site: None,
            scopes: data.scope.text().map(|scope| scope.split(' ').map(str::to_owned).collect()).unwrap_or_default(),
            extra: Map::new(),
        })
    }

    fn renewal(&self, _: &Setup, tokens: &TokenSet) -> Option<Grant> {
        Some(tokens.refresh.clone().map_or(Grant::Silent { anew: true }, Grant::Refresh))
    }
}

/// Opens the `message` of a callback: percent-encoded, base64, AES. Nobody vouches for it; only the code
/// beside it, exchanged for a token, says which store it is.
pub fn open_message(client_secret: &str, message: &str) -> Result<String, ApiError> {
    let unreadable = |what: &str| ApiError::new(ErrorClass::BadRequest, "callback_message", what);
    let key = client_secret.as_bytes().get(..KEY_BYTES).ok_or_else(|| unreadable("the secret is too short"))?;
    let whole = format!("m={}", message.replace('+', "%2B"));
    let decoded = form_urlencoded::parse(whole.as_bytes()).next().map(|(_, text)| text.into_owned());
    let sealed = BASE64_STANDARD.decode(decoded.unwrap_or_default()).map_err(|_| unreadable("not base64"))?;
    let plain = open_aes_cbc(key, IV, sealed).map_err(|_| unreadable("cannot be opened"))?;
    String::from_utf8(plain).map_err(|_| unreadable("not text"))
}
