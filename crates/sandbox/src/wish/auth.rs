//! The consent page, whose way back is fixed in the application, and tokens of thirty days.

use actix_web::http::{Method, StatusCode};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::{Call, Refusal, Reply};
use crate::clock::rfc3339_utc_millis;
use crate::faults::Verdict;
use crate::rest::fields::Fields;
use crate::state::SandboxState;
use crate::stores::{ConsentAsked, Grant, GrantRefused, Store, StorePlatform, query_of, words};

/// `GET /v3/oauth/authorize`.
pub(super) async fn authorise(state: Data<SandboxState>, request: HttpRequest) -> HttpResponse {
    let query = query_of(&request);
    let Ok(fields) = Fields::read(request.query_string().as_bytes()) else {
        return words("Authorization failed", "a parameter comes twice");
    };
    if fields.text("client_id") != Some(state.store_app(StorePlatform::Wish).id.as_str()) {
        return words("Authorization failed", "Invalid client_id");
    }
    let registered = state.world().stores.callbacks.get(&StorePlatform::Wish).cloned();
    let Some(redirect_uri) = registered else {
        return words("Authorization failed", "The application has no redirect URI");
    };
    let asked = ConsentAsked {
        platform: StorePlatform::Wish,
        path: request.path(),
        query: &query,
        redirect_uri: &redirect_uri,
        state: fields.text("state").unwrap_or_default(),
        names: ("code", "state"),
        store: None,
    };
    state.consent(&asked, |_, _| {})
}

/// `GET | POST /api/v3/oauth/access_token` and `refresh_token`.
pub(super) async fn token(state: Data<SandboxState>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let (mut response, verdict) = match exchange(&state, &request, &body) {
        Ok(data) => (HttpResponse::Ok().json(json!({"message": "", "code": 0, "data": data})), "ok".to_owned()),
        Err(Refusal(status, code, message)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
            let answer = json!({"message": message, "code": code, "data": {}});
            (HttpResponse::build(status).json(answer), code.to_string())
        }
    };
    response.extensions_mut().insert(Verdict(verdict));
    response
}

fn exchange(state: &SandboxState, request: &HttpRequest, body: &[u8]) -> Reply {
    let fields = match *request.method() {
        Method::GET => Fields::read(request.query_string().as_bytes()),
        Method::POST if request.content_type() == "application/x-www-form-urlencoded" => Fields::read(body),
        _ => return Err(Refusal(405, 90_001, "Method not allowed".to_owned())),
    };
    let fields = fields.map_err(|name| Refusal::parameter(&name))?;
    let known = ["client_id", "client_secret", "code", "grant_type", "redirect_uri", "refresh_token"];
    if let Some(stranger) = fields.stranger(&known) {
        return Err(Refusal::parameter(stranger));
    }
    let app = state.store_app(StorePlatform::Wish);
    if fields.text("client_id") != Some(app.id.as_str()) || fields.text("client_secret") != Some(app.secret.as_str()) {
        return Err(Refusal(400, 10_008, "The client credentials are wrong".to_owned()));
    }
    let refreshing = request.path().ends_with("refresh_token");
    let now = state.clock().wall();
    let mut world = state.world();
    let grants = &mut world.stores.grants;
    let grant = match fields.text("grant_type") {
        Some("authorization_code") if !refreshing => {
            let code = fields.text("code").unwrap_or_default();
            let code = grants.take_code(StorePlatform::Wish, code, now).map_err(|refused| match refused {
                GrantRefused::Unknown => Refusal(400, 10_001, "The authorization code is wrong".to_owned()),
                GrantRefused::Ended => {
                    Refusal(400, 10_002, "The authorization code has already been redeemed".to_owned())
                }
                GrantRefused::Expired => Refusal(400, 10_004, "The authorization code has expired".to_owned()),
            })?;
            if fields.text("redirect_uri") != Some(code.redirect_uri.as_str()) {
                return Err(Refusal(400, 10_001, "The redirect URI is not that of the application".to_owned()));
            }
            grants.open(&code.store, now)
        }
        Some("refresh_token") if refreshing => {
            let text = fields.text("refresh_token").unwrap_or_default();
            let gone = |_| Refusal(400, 1_008, "The refresh token was revoked or never given".to_owned());
            grants.renew(StorePlatform::Wish, text, now).map_err(gone)?
        }
        _ => return Err(Refusal::parameter("grant_type")),
    };
    let store = world.stores.store(&grant.store);
    Ok(answer(&grant, store, now))
}

fn answer(grant: &Grant, store: Option<&Store>, now: i64) -> Value {
    let mut data = json!({"access_token": grant.access.text, "refresh_token": grant.refresh.text,
        "merchant_id": grant.store.seller, "merchant_username": store.map_or("", |store| store.name.as_str()),
        "scopes": ["orders:read", "orders:write", "products:read", "products:write"],
        "expiry_time": rfc3339_utc_millis(now + grant.access.left_s(now))});
    sub_account(&mut data, store);
    data
}

/// A member of the merchant's staff who authorises is a sub-account.
fn sub_account(data: &mut Value, store: Option<&Store>) {
    let id = store.map_or("", |store| store.setting("sub_account"));
    if let (Value::Object(members), false) = (data, id.is_empty()) {
        members.insert("is_sub_account".to_owned(), json!(true));
        members.insert("sub_account_id".to_owned(), json!(id));
    }
}

/// `GET /oauth/test`.
pub(super) fn test(call: &Call<'_>, _: &str) -> Reply {
    let world = call.state.world();
    let store = call.store(&world)?;
    let mut data = json!({"merchant_id": call.of.seller, "merchant_username": store.name});
    sub_account(&mut data, Some(store));
    Ok(data)
}
