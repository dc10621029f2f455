//! The consent page and tokens; all parameters of a token call are in its query.

use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::HERE;
use crate::faults::Verdict;
use crate::json::joined;
use crate::state::SandboxState;
use crate::stores::{Grant, StoreRef, query_of, words};

pub(super) fn routes(service: &mut web::ServiceConfig) {
    service
        .route("/weimob/fuwu/b/oauth2/authorize", web::get().to(consent))
        .route("/weimob/fuwu/b/oauth2/token", web::post().to(token));
}

async fn consent(state: Data<SandboxState>, request: HttpRequest) -> HttpResponse {
    let query = query_of(&request);
    let says = |name: &str, value: &str| query.iter().any(|(known, given)| known == name && given == value);
    if !says("enter", "wm") || !says("view", "pc") || !says("scope", "default") {
        return words("参数错误", "enter、view 或 scope 不正确");
    }
    state.plain_consent(HERE, &request, "client_id")
}

/// Code and words.
struct Refused(&'static str, &'static str);

async fn token(state: Data<SandboxState>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let empty = serde_json::from_slice::<Value>(&body).is_ok_and(|body| body == json!({}));
    let granted = match empty {
        true => grant(&state, &query_of(&request)),
        false => Err(Refused("9002", "请求体必须为{}")),
    };
    let now = state.clock().wall();
    let (value, verdict) = match granted {
        Ok((grant, with_refresh)) => (answer(&grant, with_refresh, now), "ok".to_owned()),
        Err(Refused(code, words)) => (json!({"code": {"errcode": code, "errmsg": words}}), code.to_owned()),
    };
    let mut response = HttpResponse::Ok().json(value);
    response.extensions_mut().insert(Verdict(verdict));
    response
}

/// The grant, and whether its refresh token is told.
fn grant(state: &SandboxState, query: &[(String, String)]) -> Result<(Grant, bool), Refused> {
    let value = |name: &str| query.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    let only = |own: &[&str]| match query.iter().all(|(name, _)| {
        ["grant_type", "client_id", "client_secret"].contains(&name.as_str()) || own.contains(&name.as_str())
    }) {
        true => Ok(()),
        false => Err(Refused("9002", "参数错误")),
    };
    let app = state.keys().stores.on(HERE);
    if app.is_none_or(|app| app.id != value("client_id") || app.secret != value("client_secret")) {
        return Err(Refused("9006", "client_id 或 client_secret 错误"));
    }
    let now = state.clock().wall();
    let mut world = state.world();
    let stores = &mut world.stores;
    match value("grant_type") {
        "client_credentials" => {
            only(&["shop_id", "shop_type"])?;
            let store = StoreRef::new(HERE, value("shop_id"));
            if value("shop_type") != "business_operation_system_id" || stores.store(&store).is_none() {
                return Err(Refused("9007", "店铺不存在或未授权"));
            }
            let live = stores.grants.live(&store).filter(|grant| !grant.access.is_over(now)).cloned();
            Ok((live.unwrap_or_else(|| stores.grants.anew(&store, now)), false))
        }
        "authorization_code" => {
            only(&["code", "redirect_uri"])?;
            let taken = stores.grants.take_code(HERE, value("code"), now);
            let code = taken.map_err(|_| Refused("9008", "code 无效或已使用"))?;
            if code.redirect_uri != value("redirect_uri") {
                return Err(Refused("9009", "redirect_uri 不一致"));
            }
            Ok((stores.grants.open(&code.store, now), true))
        }
        "refresh_token" => {
            only(&["refresh_token"])?;
            let renewed = stores.grants.renew(HERE, value("refresh_token"), now);
            renewed.map(|grant| (grant, true)).map_err(|_| Refused("80001001000120", "refresh_token 无效或已过期"))
        }
        _ => Err(Refused("9002", "grant_type 错误")),
    }
}

fn answer(grant: &Grant, with_refresh: bool, now: i64) -> Value {
    let token = json!({
        "access_token": grant.access.text, "token_type": "bearer", "expires_in": grant.access.left_s(now),
        "scope": "default", "business_operation_system_id": grant.store.seller, "public_account_id": "",
        "business_id": "",
    });
    if !with_refresh {
        return token;
    }
    let refresh = json!({"refresh_token": grant.refresh.text, "refresh_token_expires_in": grant.refresh.left_s(now)});
    joined(token, refresh)
}
