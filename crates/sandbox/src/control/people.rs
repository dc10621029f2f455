//! Merchants, users, their codes and what they got.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Path};
use serde::Deserialize;
use serde_json::{Value, json};

use super::refused;
use crate::state::SandboxState;
use crate::wechat::Push;

/// Merchant numbers and appids; no secrets.
pub(super) async fn merchants(state: Data<SandboxState>) -> Json<Value> {
    let view = |merchant: &std::sync::Arc<crate::state::Merchant>| {
        let subs: Vec<&str> = merchant.sub_merchants.iter().map(|sub| sub.mchid.as_str()).collect();
        json!({"mchid": merchant.mchid, "appid": merchant.appid, "sub_merchants": subs})
    };
    Json(json!({"merchants": state.merchants().iter().map(view).collect::<Vec<_>>()}))
}

/// Everybody who ever signed in.
pub(super) async fn users(state: Data<SandboxState>) -> Json<Value> {
    Json(json!({"users": state.users()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LoginCode {
    name: String,
    #[serde(default)]
    expired: bool,
}

/// `{name}` → a `wx.login` code of that user.
pub(super) async fn login_code(state: Data<SandboxState>, body: Json<LoginCode>) -> HttpResponse {
    if body.name.is_empty() || body.name.contains('.') {
        return refused(StatusCode::BAD_REQUEST, "a name must not be empty or hold a dot");
    }
    HttpResponse::Ok().json(json!({"code": state.login_code(&body.name, body.expired)}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Grant {
    openid: String,
    template_id: String,
    #[serde(default = "one")]
    count: u32,
}

fn one() -> u32 {
    1
}

/// The user accepts messages of a template.
pub(super) async fn grant(state: Data<SandboxState>, body: Json<Grant>) -> Json<Value> {
    state.grant_messages(&body.openid, &body.template_id, body.count);
    Json(json!({"ok": true}))
}

/// The last subscription messages.
pub(super) async fn messages(state: Data<SandboxState>) -> Json<Value> {
    Json(json!({"messages": state.messages()}))
}

/// Pushes a message to a shop → what the shop answered.
pub(super) async fn push(state: Data<SandboxState>, body: Json<Push>) -> HttpResponse {
    match state.push(&body).await {
        Ok(answer) => HttpResponse::Ok().json(json!({"answer": answer})),
        Err(error) => refused(StatusCode::NOT_FOUND, error),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpireTokens {
    appid: String,
}

/// Ends the access tokens of an appid.
pub(super) async fn expire_tokens(state: Data<SandboxState>, body: Json<ExpireTokens>) -> Json<Value> {
    state.expire_tokens(&body.appid);
    Json(json!({"ok": true}))
}

/// What was reported as shipped.
pub(super) async fn shipments(state: Data<SandboxState>) -> Json<Value> {
    Json(json!({"shipments": state.shipments()}))
}

/// The buyer confirms receipt.
pub(super) async fn confirm_receipt(state: Data<SandboxState>, transaction_id: Path<String>) -> HttpResponse {
    if state.confirms_receipt(&transaction_id) {
        HttpResponse::Ok().json(json!({"ok": true}))
    } else {
        refused(StatusCode::NOT_FOUND, "nothing is shipped for this payment")
    }
}
