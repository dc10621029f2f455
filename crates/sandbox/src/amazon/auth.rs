//! The seller's console and Login with Amazon.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde_json::{Value, json};

use crate::rest::denied::{self, Denied};
use crate::rest::fields::Fields;
use crate::state::SandboxState;
use crate::stores::{ConsentAsked, Grant, StorePlatform, query_of, words};

/// How access tokens begin, and refresh tokens.
pub(super) const ACCESS: &str = "Atza|";
pub(crate) const REFRESH: &str = "Atzr|";

/// `GET /apps/authorize/consent`.
pub(super) async fn authorise(state: Data<SandboxState>, request: HttpRequest) -> HttpResponse {
    let query = query_of(&request);
    let Ok(fields) = Fields::read(request.query_string().as_bytes()) else {
        return words("MD1000", "a parameter comes twice");
    };
    let app = state.store_app(StorePlatform::Amazon);
    if fields.text("application_id") != app.more.get("application_id").map(String::as_str) {
        return words("MD1000", "the application_id is unknown");
    }
    if fields.text("version").is_some_and(|version| version != "beta") {
        return words("MD5110", "version may be beta alone");
    }
    let Some(given) = fields.text("state") else {
        return words("MD9100", "state is missing");
    };
    let registered = state.world().stores.callbacks.get(&StorePlatform::Amazon).cloned();
    let Some(redirect_uri) = fields.text("redirect_uri").map(str::to_owned).or(registered) else {
        return words("MD5101", "no OAuth redirect URI is registered");
    };
    let asked = ConsentAsked {
        platform: StorePlatform::Amazon,
        path: request.path(),
        query: &query,
        redirect_uri: &redirect_uri,
        state: given,
        names: ("spapi_oauth_code", "state"),
        store: None,
    };
    state.consent(&asked, |store, callback| {
        callback.push(("selling_partner_id".to_owned(), store.seller.clone()));
    })
}

/// `POST /auth/o2/token`.
pub(super) async fn token(state: Data<SandboxState>, request: HttpRequest, body: Bytes) -> HttpResponse {
    denied::told(exchange(&state, &request, &body))
}

fn exchange(state: &SandboxState, request: &HttpRequest, body: &[u8]) -> Result<Value, Denied> {
    let malformed = Denied(400, "invalid_request", "The request is missing a required parameter or is malformed");
    // The sign in refresh tokens must come encoded.
    if request.content_type() != "application/x-www-form-urlencoded" || body.contains(&b'|') {
        return Err(malformed);
    }
    let Ok(fields) = Fields::read(body) else { return Err(malformed) };
    let known = ["grant_type", "code", "redirect_uri", "refresh_token", "client_id", "client_secret"];
    if fields.stranger(&known).is_some() {
        return Err(malformed);
    }
    let app = state.store_app(StorePlatform::Amazon);
    if fields.text("client_id") != Some(app.id.as_str()) || fields.text("client_secret") != Some(app.secret.as_str()) {
        return Err(Denied(401, "invalid_client", "Client authentication failed"));
    }
    let now = state.clock().wall();
    let mut world = state.world();
    let grants = &mut world.stores.grants;
    let grant = match fields.text("grant_type") {
        Some("authorization_code") => {
            let gone = || Denied(400, "invalid_grant", "The request has an invalid grant parameter : code");
            let code = grants.take_code(StorePlatform::Amazon, fields.text("code").unwrap_or_default(), now);
            let code = code.map_err(|_| gone())?;
            if fields.text("redirect_uri").is_some_and(|uri| uri != code.redirect_uri) {
                return Err(gone());
            }
            grants.open(&code.store, now)
        }
        Some("refresh_token") => {
            let gone = || Denied(400, "invalid_grant", "The request has an invalid grant parameter : refresh_token");
            let text = fields.text("refresh_token").and_then(|token| token.strip_prefix(REFRESH)).ok_or_else(gone)?;
            grants.renew(StorePlatform::Amazon, text, now).map_err(|_| gone())?
        }
        _ => return Err(Denied(400, "unsupported_grant_type", "The authorization grant type is not supported")),
    };
    Ok(answer(&grant, now))
}

fn answer(grant: &Grant, now: i64) -> Value {
    json!({"access_token": format!("{ACCESS}{}", grant.access.text), "token_type": "bearer",
        "expires_in": grant.access.left_s(now), "refresh_token": format!("{REFRESH}{}", grant.refresh.text)})
}
