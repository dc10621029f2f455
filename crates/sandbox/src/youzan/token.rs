//! The consent page and tokens, silent ones for stores of the application's own owner.

use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};

use super::HERE;
use crate::faults::Verdict;
use crate::state::SandboxState;
use crate::stores::{ConsentAsked, Grant, GrantRefused, StoreRef, query_of, words};

pub(super) fn routes(service: &mut web::ServiceConfig) {
    service.route("/youzan/oauth/authorize", web::get().to(consent)).route("/youzan/auth/token", web::post().to(token));
}

/// The address that codes go to is registered with the application; the page's own query has none.
async fn consent(state: Data<SandboxState>, request: HttpRequest) -> HttpResponse {
    let query = query_of(&request);
    let value = |name: &str| query.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    if state.keys().stores.on(HERE).is_none_or(|app| app.id != value("client_id")) {
        return words("应用不存在", "client_id 无效");
    }
    let registered = state.world().stores.callbacks.get(&HERE).cloned();
    let Some(address) = registered else {
        return words("应用配置有误", "应用没有登记回调地址");
    };
    let asked = ConsentAsked {
        platform: HERE,
        path: request.path(),
        query: &query,
        redirect_uri: &address,
        state: value("state"),
        names: ("code", "state"),
        store: None,
    };
    state.consent(&asked, |_, _| {})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    client_id: String,
    client_secret: String,
    authorize_type: String,
    grant_id: Option<Value>,
    refresh: Option<bool>,
    code: Option<String>,
    refresh_token: Option<String>,
    /// One official client sends it.
    redirect_uri: Option<String>,
}

/// Code and words.
struct Refused(i64, &'static str);

async fn token(state: Data<SandboxState>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let granted = match request.content_type() {
        "application/json" => grant(&state, &body),
        _ => Err(Refused(1000, "参数错误")),
    };
    let (value, verdict) = match granted {
        Ok((grant, with_refresh)) => (answer(&grant, with_refresh), "ok".to_owned()),
        Err(Refused(code, words)) => {
            (json!({"success": false, "code": code, "data": null, "message": words}), code.to_string())
        }
    };
    let mut response = HttpResponse::Ok().json(value);
    response.extensions_mut().insert(Verdict(verdict));
    response
}

/// The grant, and whether its refresh token is told.
fn grant(state: &SandboxState, body: &[u8]) -> Result<(Grant, bool), Refused> {
    let asked: Asked = serde_json::from_slice(body).map_err(|_| Refused(1000, "参数错误"))?;
    let app = state.keys().stores.on(HERE).ok_or(Refused(1103, "Client 不存在"))?;
    if app.id != asked.client_id || app.secret != asked.client_secret {
        return Err(Refused(1103, "Client 不存在"));
    }
    let now = state.clock().wall();
    let mut world = state.world();
    let stores = &mut world.stores;
    match asked.authorize_type.as_str() {
        "silent" => {
            let number = match &asked.grant_id {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Number(number)) => number.to_string(),
                _ => return Err(Refused(1000, "参数错误")),
            };
            let store = StoreRef::new(HERE, number);
            // A merchant of somebody else has not installed the application of this one.
            let own = stores.store(&store).is_some_and(|store| store.setting("own") != "no");
            if !own {
                return Err(Refused(1103, "店铺未授权"));
            }
            let live = stores.grants.live(&store).filter(|grant| !grant.access.is_over(now)).cloned();
            match live {
                Some(grant) if asked.refresh != Some(true) => Ok((grant, false)),
                _ => Ok((stores.grants.anew(&store, now), false)),
            }
        }
        "authorization_code" => {
            let code = asked.code.as_deref().ok_or(Refused(1000, "参数错误"))?;
            let code = stores.grants.take_code(HERE, code, now).map_err(|_| Refused(1005, "code 无效"))?;
            if asked.redirect_uri.is_some_and(|address| address != code.redirect_uri) {
                return Err(Refused(1000, "redirect_uri 不一致"));
            }
            Ok((stores.grants.open(&code.store, now), true))
        }
        "refresh_token" => {
            let token = asked.refresh_token.as_deref().ok_or(Refused(1000, "参数错误"))?;
            let renewed = stores.grants.renew(HERE, token, now);
            renewed.map(|grant| (grant, true)).map_err(|refused| match refused {
                GrantRefused::Expired | GrantRefused::Ended => Refused(1004, "授权已过期，请重新授权"),
                GrantRefused::Unknown => Refused(1004, "refresh_token 无效"),
            })
        }
        _ => Err(Refused(1105, "应用类型不支持该授权方式")),
    }
}

/// `expires` is a moment in milliseconds, whatever its name says.
fn answer(grant: &Grant, with_refresh: bool) -> Value {
    let mut data = json!({
        "access_token": grant.access.text, "expires": grant.access.ends_at.map(|end| end * 1_000),
        "scope": "trade item logistics", "authority_id": grant.store.seller,
    });
    if with_refresh {
        data = crate::json::joined(data, json!({"refresh_token": grant.refresh.text}));
    }
    json!({"success": true, "code": 200, "data": data, "message": null})
}
