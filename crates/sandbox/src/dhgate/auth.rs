//! The consent page and the token endpoint.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde_json::{Value, json};

use crate::rest::denied::{self, Denied};
use crate::rest::fields::Fields;
use crate::state::SandboxState;
use crate::stores::{ConsentAsked, Grant, StorePlatform, query_of, words};

/// `GET /dop/oauth2/authorize`.
pub(super) async fn authorise(state: Data<SandboxState>, request: HttpRequest) -> HttpResponse {
    let query = query_of(&request);
    let Ok(fields) = Fields::read(request.query_string().as_bytes()) else {
        return words("invalid_request", "a parameter comes twice");
    };
    if fields.text("client_id") != Some(state.store_app(StorePlatform::Dhgate).id.as_str()) {
        return words("invalid_client", "the client_id is unknown");
    }
    if fields.text("response_type") != Some("code") {
        return words("unsupported_response_type", "response_type must be code");
    }
    let Some(redirect_uri) = fields.text("redirect_uri") else {
        return words("invalid_request", "redirect_uri is missing");
    };
    let asked = ConsentAsked {
        platform: StorePlatform::Dhgate,
        path: request.path(),
        query: &query,
        redirect_uri,
        state: fields.text("state").unwrap_or_default(),
        names: ("code", "state"),
        store: None,
    };
    state.consent(&asked, |_, _| {})
}

/// `POST /dop/oauth2/access_token`.
pub(super) async fn token(state: Data<SandboxState>, request: HttpRequest, body: Bytes) -> HttpResponse {
    denied::told(exchange(&state, &request, &body))
}

fn exchange(state: &SandboxState, request: &HttpRequest, body: &[u8]) -> Result<Value, Denied<String>> {
    let bad = |words: &str| Denied(400, "invalid_request", words.to_owned());
    if request.content_type() != "application/x-www-form-urlencoded" {
        return Err(bad("the body must be a form"));
    }
    let fields = Fields::read(body).map_err(|name| bad(&format!("{name} comes twice")))?;
    let known = ["grant_type", "code", "redirect_uri", "refresh_token", "client_id", "client_secret", "scope"];
    if let Some(stranger) = fields.stranger(&known) {
        return Err(bad(&format!("unknown parameter {stranger}")));
    }
    let app = state.store_app(StorePlatform::Dhgate);
    if fields.text("client_id") != Some(app.id.as_str()) || fields.text("client_secret") != Some(app.secret.as_str()) {
        return Err(Denied(401, "invalid_client", "Bad client credentials".to_owned()));
    }
    let now = state.clock().wall();
    let mut world = state.world();
    let grants = &mut world.stores.grants;
    let grant = match fields.text("grant_type") {
        Some("authorization_code") => {
            let text = fields.text("code").unwrap_or_default();
            let gone = || Denied(400, "invalid_grant", format!("Invalid authorization code: {text}"));
            let code = grants.take_code(StorePlatform::Dhgate, text, now).map_err(|_| gone())?;
            if fields.text("redirect_uri") != Some(code.redirect_uri.as_str()) {
                return Err(Denied(400, "invalid_grant", "Redirect URI mismatch.".to_owned()));
            }
            grants.open(&code.store, now)
        }
        Some("refresh_token") => {
            if fields.text("scope") != Some("basic") {
                return Err(Denied(400, "invalid_scope", "scope must be basic".to_owned()));
            }
            let text = fields.text("refresh_token").unwrap_or_default();
            let gone = |_| Denied(400, "invalid_grant", format!("Invalid refresh token: {text}"));
            grants.renew(StorePlatform::Dhgate, text, now).map_err(gone)?
        }
        _ => return Err(Denied(400, "unsupported_grant_type", "Unsupported grant type".to_owned())),
    };
    let absolute = world.stores.store(&grant.store).is_some_and(|store| store.setting("expires_in") == "absolute");
    Ok(answer(&grant, absolute, now))
}

/// The unit of `expires_in` is uncertain: seconds, or the moment in milliseconds where the store is set so.
fn answer(grant: &Grant, absolute: bool, now: i64) -> Value {
    let left = grant.access.left_s(now);
    json!({"access_token": grant.access.text, "token_type": "bearer", "refresh_token": grant.refresh.text,
        "expires_in": if absolute { (now + left) * 1_000 } else { left }, "scope": "basic"})
}
