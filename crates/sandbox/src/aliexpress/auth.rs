//! The consent page and the system calls that give tokens.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::{Refusal, door};
use crate::faults::Verdict;
use crate::rest::fields::Fields;
use crate::state::SandboxState;
use crate::stores::{ConsentAsked, Grant, StorePlatform, query_of, words};

/// `GET /oauth/authorize`.
pub(super) async fn authorise(state: Data<SandboxState>, request: HttpRequest) -> HttpResponse {
    let query = query_of(&request);
    let Ok(fields) = Fields::read(request.query_string().as_bytes()) else {
        return words("Authorization failed", "a parameter comes twice");
    };
    if fields.text("client_id") != Some(state.store_app(StorePlatform::Aliexpress).id.as_str()) {
        return words("Authorization failed", "appkey not exists");
    }
    if fields.text("response_type") != Some("code") {
        return words("Authorization failed", "response_type must be code");
    }
    let Some(redirect_uri) = fields.text("redirect_uri") else {
        return words("Authorization failed", "redirect_uri is missing");
    };
    let asked = ConsentAsked {
        platform: StorePlatform::Aliexpress,
        path: request.path(),
        query: &query,
        redirect_uri,
        state: fields.text("state").unwrap_or_default(),
        names: ("code", "state"),
        store: None,
    };
    state.consent(&asked, |_, _| {})
}

/// `POST /rest/auth/token/create`.
pub(super) async fn create(state: Data<SandboxState>, request: HttpRequest, body: Bytes) -> HttpResponse {
    told(&state, exchange(&state, &request, &body, "/auth/token/create", "code"))
}

/// `POST /rest/auth/token/refresh`.
pub(super) async fn refresh(state: Data<SandboxState>, request: HttpRequest, body: Bytes) -> HttpResponse {
    told(&state, exchange(&state, &request, &body, "/auth/token/refresh", "refresh_token"))
}

fn told(state: &SandboxState, outcome: Result<Value, Refusal>) -> HttpResponse {
    let (answer, verdict) = match outcome {
        Ok(answer) => (answer, "ok"),
        Err(refusal) => {
            let words = json!({"type": refusal.kind, "code": refusal.code, "message": refusal.words,
                "request_id": door::request_id(state)});
            (words, refusal.code)
        }
    };
    let mut response = HttpResponse::Ok().json(answer);
    response.extensions_mut().insert(Verdict(verdict.to_owned()));
    response
}

fn exchange(state: &SandboxState, request: &HttpRequest, body: &[u8], path: &str, by: &str) -> Result<Value, Refusal> {
    let fields = door::admit(state, request, body, Some(path))?;
    if let Some(stranger) = fields.stranger(&["app_key", "timestamp", "sign_method", "sign", "uuid", by]) {
        return Err(Refusal::parameter(stranger));
    }
    let given = fields.text(by).ok_or_else(|| Refusal::missing(by))?;
    let now = state.clock().wall();
    let id = door::request_id(state);
    let mut world = state.world();
    let grants = &mut world.stores.grants;
    let grant = if by == "code" {
        let invalid = |_| Refusal::isv("InvalidCode", "Invalid authorization code");
        let code = grants.take_code(StorePlatform::Aliexpress, given, now).map_err(invalid)?;
        grants.open(&code.store, now)
    } else {
        let illegal = |_| Refusal::isv("IllegalRefreshToken", "The specified refresh token is invalid or expired");
        grants.renew(StorePlatform::Aliexpress, given, now).map_err(illegal)?
    };
    let store = world.stores.store(&grant.store);
    let kind = store.map(|store| store.setting("account_platform")).filter(|kind| !kind.is_empty());
    let name = store.map_or("", |store| store.name.as_str());
    Ok(answer(&grant, kind.unwrap_or("seller_center"), name, &id, now))
}

fn answer(grant: &Grant, kind: &str, name: &str, id: &str, now: i64) -> Value {
    let end_ms = |left: i64| (now + left) * 1_000;
    let (access, refresh) = (grant.access.left_s(now), grant.refresh.left_s(now));
    json!({"code": "0", "account_platform": kind, "seller_id": grant.store.seller, "user_id": grant.store.seller,
        "user_nick": name, "account": "owner@example.com", "access_token": grant.access.text, "expires_in": access,
        "expire_time": end_ms(access), "refresh_token": grant.refresh.text, "refresh_expires_in": refresh,
        "refresh_token_valid_time": end_ms(refresh), "havana_id": "1", "sp": "ae", "request_id": id})
}
