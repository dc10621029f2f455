//! The store's consent page and its token endpoint.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde_json::{Value, json};

use crate::clock::rfc3339_utc;
use crate::crypto;
use crate::rest::denied::{self, Denied};
use crate::rest::fields::Fields;
use crate::state::SandboxState;
use crate::stores::{ConsentAsked, Grant, Store, StorePlatform, query_of, words};

/// The store's setting that holds what was granted.
pub(super) const SCOPE: &str = "scope";

/// `GET /admin/oauth/authorize`.
pub(super) async fn authorise(state: Data<SandboxState>, request: HttpRequest) -> HttpResponse {
    let query = query_of(&request);
    let Ok(fields) = Fields::read(request.query_string().as_bytes()) else {
        return words("invalid_request", "a parameter comes twice");
    };
    let app = state.store_app(StorePlatform::Shoplazza);
    if fields.text("client_id") != Some(app.id.as_str()) {
        return words("invalid_client", "the client_id is unknown");
    }
    if fields.text("response_type") != Some("code") {
        return words("unsupported_response_type", "response_type must be code");
    }
    let [Some(redirect_uri), Some(scope), Some(given)] =
        ["redirect_uri", "scope", "state"].map(|name| fields.text(name))
    else {
        return words("invalid_request", "redirect_uri, scope and state must be there");
    };
    if !scope.split(' ').all(|one| one.starts_with("read_") || one.starts_with("write_")) {
        return words("invalid_scope", "rights are separated by spaces");
    }
    let asked = ConsentAsked {
        platform: StorePlatform::Shoplazza,
        path: request.path(),
        query: &query,
        redirect_uri,
        state: given,
        names: ("code", "state"),
        store: None,
    };
    state.consent(&asked, |store, callback| {
        let _ = state.stores().set(store, SCOPE, scope);
        callback.push(("shop".to_owned(), store.seller.clone()));
        callback.push(("hmac".to_owned(), signature(callback, &app.secret)));
    })
}

/// HMAC-SHA256 in hex over the sorted, encoded query.
fn signature(query: &[(String, String)], secret: &str) -> String {
    let mut sorted: Vec<&(String, String)> = query.iter().collect();
    sorted.sort();
    let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(sorted).finish();
    hex::encode(crypto::hmac_sha256(secret, text.as_bytes()))
}

/// `POST /admin/oauth/token`.
pub(super) async fn token(state: Data<SandboxState>, request: HttpRequest, body: Bytes) -> HttpResponse {
    denied::told(exchange(&state, &request, &body))
}

fn exchange(state: &SandboxState, request: &HttpRequest, body: &[u8]) -> Result<Value, Denied> {
    let bad = Denied(400, "invalid_request", "a parameter is missing, repeated or unknown");
    if request.content_type() != "application/x-www-form-urlencoded" {
        return Err(bad);
    }
    let Ok(fields) = Fields::read(body) else { return Err(bad) };
    let known = ["grant_type", "client_id", "client_secret", "code", "refresh_token", "redirect_uri"];
    if fields.stranger(&known).is_some() || fields.text("redirect_uri").is_none() {
        return Err(bad);
    }
    let app = state.store_app(StorePlatform::Shoplazza);
    if fields.text("client_id") != Some(app.id.as_str()) || fields.text("client_secret") != Some(app.secret.as_str()) {
        return Err(Denied(401, "invalid_client", "client authentication failed"));
    }
    let now = state.clock().wall();
    let mut world = state.world();
    let grants = &mut world.stores.grants;
    let grant = match fields.text("grant_type") {
        Some("authorization_code") => {
            let gone = || Denied(400, "invalid_grant", "the code is invalid, used, or was given for another address");
            let code = grants.take_code(StorePlatform::Shoplazza, fields.text("code").unwrap_or_default(), now);
            let code = code.map_err(|_| gone())?;
            if fields.text("redirect_uri") != Some(code.redirect_uri.as_str()) {
                return Err(gone());
            }
            grants.open(&code.store, now)
        }
        Some("refresh_token") => {
            let gone = |_| Denied(400, "invalid_grant", "the refresh token is invalid, expired or revoked");
            let text = fields.text("refresh_token").unwrap_or_default();
            grants.renew(StorePlatform::Shoplazza, text, now).map_err(gone)?
        }
        _ => return Err(Denied(400, "unsupported_grant_type", "the grant type is not supported")),
    };
    Ok(answer(&grant, world.stores.store(&grant.store), now))
}

fn answer(grant: &Grant, store: Option<&Store>, now: i64) -> Value {
    let left = grant.access.left_s(now);
    let id: String =
        crypto::sha256_hex(&grant.store.seller).bytes().take(7).map(|byte| char::from(b'0' + byte % 10)).collect();
    json!({"access_token": grant.access.text, "token_type": "Bearer", "refresh_token": grant.refresh.text,
        "expires_in": left, "expires_at": rfc3339_utc(now + left), "store_id": id,
        "store_name": store.map_or("", |store| store.name.as_str()), "locale": "en-US",
        "scope": store.map_or("", |store| store.setting(SCOPE))})
}
