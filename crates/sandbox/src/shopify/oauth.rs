//! The store's consent page and its token endpoint.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::crypto;
use crate::faults::Verdict;
use crate::rest::fields::Fields;
use crate::state::SandboxState;
use crate::stores::{ConsentAsked, Grant, StoreApp, StorePlatform, query_of, words};

/// How access tokens begin, and refresh tokens.
pub(crate) const ACCESS: &str = "shpat_";
const REFRESH: &str = "shprt_";

/// The store's setting that holds what was granted.
pub(crate) const SCOPE: &str = "scope";

const PATH: &str = "/shopify/admin/oauth/authorize";

fn app(state: &SandboxState) -> StoreApp {
    state.store_app(StorePlatform::Shopify)
}

/// `GET /admin/oauth/authorize`.
pub(super) async fn authorise(state: Data<SandboxState>, request: HttpRequest) -> HttpResponse {
    let query = query_of(&request);
    let Ok(fields) = Fields::read(request.query_string().as_bytes()) else {
        return words("Oauth error", "a parameter comes twice");
    };
    let app = app(&state);
    if fields.text("client_id") != Some(app.id.as_str()) {
        return words("Oauth error invalid_request", "Could not find Shopify API application with api_key");
    }
    let [Some(scope), Some(redirect_uri), Some(given)] =
        ["scope", "redirect_uri", "state"].map(|name| fields.text(name))
    else {
        return words("Oauth error invalid_request", "scope, redirect_uri and state must be there");
    };
    if !scope.split(',').all(|one| one.starts_with("read_") || one.starts_with("write_")) {
        return words("Oauth error invalid_scope", "The access scope is invalid");
    }
    let asked = ConsentAsked {
        platform: StorePlatform::Shopify,
        path: PATH,
        query: &query,
        redirect_uri,
        state: given,
        names: ("code", "state"),
        store: None,
    };
    state.consent(&asked, |store, callback| {
        let _ = state.stores().set(store, SCOPE, scope);
        let name = store.seller.split('.').next().unwrap_or_default();
        callback.push(("host".to_owned(), STANDARD.encode(format!("admin.shopify.com/store/{name}"))));
        callback.push(("shop".to_owned(), store.seller.clone()));
        callback.push(("timestamp".to_owned(), state.clock().wall().to_string()));
        callback.push(("hmac".to_owned(), signature(callback, &app.secret)));
    })
}

/// HMAC-SHA256 in hex over the sorted, encoded query.
pub(crate) fn signature(query: &[(String, String)], secret: &str) -> String {
    let mut sorted: Vec<&(String, String)> = query.iter().collect();
    sorted.sort();
    let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(sorted).finish();
    hex::encode(crypto::hmac_sha256(secret, text.as_bytes()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    client_id: String,
    client_secret: String,
    #[serde(default)]
    code: Option<String>,
    /// `1` asks for a token that ends.
    #[serde(default)]
    expiring: Option<String>,
    #[serde(default)]
    grant_type: Option<String>,
    #[serde(default)]
    refresh_token: Option<String>,
}

struct Refusal(&'static str, String);

fn refuse<T>(code: &'static str, description: &str) -> Result<T, Refusal> {
    Err(Refusal(code, description.to_owned()))
}

/// `POST /admin/oauth/access_token`.
pub(super) async fn token(state: Data<SandboxState>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let (mut response, verdict) = match exchange(&state, &request, &body) {
        Ok(answer) => (HttpResponse::Ok().json(answer), "ok"),
        Err(Refusal(code, description)) => {
            let words = json!({"error": code, "error_description": description});
            (HttpResponse::build(StatusCode::BAD_REQUEST).json(words), code)
        }
    };
    response.extensions_mut().insert(Verdict(verdict.to_owned()));
    response
}

fn exchange(state: &SandboxState, request: &HttpRequest, body: &[u8]) -> Result<Value, Refusal> {
    if request.content_type() != "application/json" {
        return refuse("invalid_request", "The body must be JSON");
    }
    let asked: Asked = serde_json::from_slice(body).map_err(|error| Refusal("invalid_request", error.to_string()))?;
    let app = app(state);
    if asked.client_id != app.id {
        return refuse("invalid_request", "Could not find Shopify API application");
    }
    if asked.client_secret != app.secret {
        return refuse("invalid_client", "The client secret is wrong");
    }
    let now = state.clock().wall();
    let mut world = state.world();
    let (grant, ends) = match (asked.grant_type.as_deref(), &asked.code, &asked.refresh_token) {
        (None, Some(code), None) => {
            let gone = "The authorization code was not found or was already used";
            let taken = world.stores.grants.take_code(StorePlatform::Shopify, code, now);
            let code = taken.map_err(|_| Refusal("invalid_request", gone.to_owned()))?;
            let ends = match asked.expiring.as_deref() {
                Some("1") => true,
                None | Some("0") => false,
                Some(_) => return refuse("invalid_request", "expiring must be 0 or 1"),
            };
            let opened = world.stores.grants.open(&code.store, now);
            (if ends { opened } else { world.stores.grants.for_ever(&code.store).unwrap_or(opened) }, ends)
        }
        (Some("refresh_token"), None, Some(token)) => {
            let gone = || Refusal("invalid_request", "This request requires an active refresh_token".to_owned());
            let text = token.strip_prefix(REFRESH).ok_or_else(gone)?;
            (world.stores.grants.renew(StorePlatform::Shopify, text, now).map_err(|_| gone())?, true)
        }
        (Some(other), ..) if other != "refresh_token" => {
            return refuse("unsupported_grant_type", "Only codes and refresh tokens are played");
        }
        _ => return refuse("invalid_request", "code or refresh_token must be there"),
    };
    let scope = world.stores.store(&grant.store).map(|store| store.setting(SCOPE).to_owned()).unwrap_or_default();
    Ok(answer(&grant, &scope, ends, now))
}

fn answer(grant: &Grant, scope: &str, ends: bool, now: i64) -> Value {
    let access = format!("{ACCESS}{}", grant.access.text);
    if !ends {
        return json!({"access_token": access, "scope": scope});
    }
    json!({"access_token": access, "scope": scope, "expires_in": grant.access.left_s(now),
        "refresh_token": format!("{REFRESH}{}", grant.refresh.text),
        "refresh_token_expires_in": grant.refresh.left_s(now)})
}
