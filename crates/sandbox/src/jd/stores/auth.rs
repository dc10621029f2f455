//! The consent page and tokens.

use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::HERE;
use crate::faults::Verdict;
use crate::state::SandboxState;
use crate::stores::{Grant, query_of};

pub(super) fn routes(service: &mut web::ServiceConfig) {
    service
        .route("/jd/oauth2/to_login", web::get().to(consent))
        .route("/jd/oauth2/access_token", web::get().to(exchange))
        .route("/jd/oauth2/refresh_token", web::get().to(refresh));
}

async fn consent(state: Data<SandboxState>, request: HttpRequest) -> HttpResponse {
    state.plain_consent(HERE, &request, "app_key")
}

async fn exchange(state: Data<SandboxState>, request: HttpRequest) -> HttpResponse {
    let now = state.clock().wall();
    let granted = asked(&state, &request, "authorization_code", "code").and_then(|code| {
        let mut world = state.world();
        let taken = world.stores.grants.take_code(HERE, &code, now);
        let code = taken.map_err(|_| Refused(400, "code无效或已过期"))?;
        Ok(world.stores.grants.open(&code.store, now))
    });
    answer(granted, now)
}

async fn refresh(state: Data<SandboxState>, request: HttpRequest) -> HttpResponse {
    let now = state.clock().wall();
    let granted = asked(&state, &request, "refresh_token", "refresh_token").and_then(|token| {
        let renewed = state.world().stores.grants.renew(HERE, &token, now);
        renewed.map_err(|_| Refused(401, "refresh_token无效或已过期"))
    });
    answer(granted, now)
}

/// The codes of these two calls are not in the sheet; the words are what a person reads.
struct Refused(i64, &'static str);

/// Checks the call; answers the parameter `name`.
fn asked(state: &SandboxState, request: &HttpRequest, grant_type: &str, name: &str) -> Result<String, Refused> {
    let query = query_of(request);
    let value = |name: &str| query.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    let known = ["app_key", "app_secret", "grant_type", name];
    if query.iter().any(|(given, _)| !known.contains(&given.as_str())) || query.len() != known.len() {
        return Err(Refused(400, "参数错误"));
    }
    if value("grant_type") != grant_type || value(name).is_empty() {
        return Err(Refused(400, "grant_type错误"));
    }
    let app = state.keys().stores.on(HERE);
    if app.is_none_or(|app| app.id != value("app_key") || app.secret != value("app_secret")) {
        return Err(Refused(402, "app_key或app_secret错误"));
    }
    Ok(value(name).to_owned())
}

fn answer(granted: Result<Grant, Refused>, now: i64) -> HttpResponse {
    let (body, verdict): (Value, String) = match granted {
        Ok(grant) => (
            json!({
                "access_token": grant.access.text, "expires_in": grant.access.left_s(now),
                "refresh_token": grant.refresh.text, "scope": "snsapi_base", "token_type": "bearer",
                "uid": grant.store.seller, "open_id": format!("oid{}", grant.store.seller),
                "time": (now * 1_000).to_string(), "code": 0,
            }),
            "ok".to_owned(),
        ),
        Err(Refused(code, words)) => (json!({"code": code, "msg": words}), code.to_string()),
    };
    let mut response = HttpResponse::Ok().json(body);
    response.extensions_mut().insert(Verdict(verdict));
    response
}
