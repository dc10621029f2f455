//! Transfers and sharing: the user who confirms, the receiver who cannot be paid.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Path};
use serde::Deserialize;
use serde_json::{Value, json};

use super::refused;
use crate::state::SandboxState;

/// Transfers, newest first.
pub(super) async fn transfers(state: Data<SandboxState>) -> Json<Value> {
    Json(json!({"transfers": state.transfers()}))
}

/// The user confirms.
pub(super) async fn confirm(state: Data<SandboxState>, number: Path<String>) -> HttpResponse {
    done(state.confirms_transfer(&number), "no transfer of this number waits for its user")
}

/// The user lets the day pass.
pub(super) async fn expire(state: Data<SandboxState>, number: Path<String>) -> HttpResponse {
    done(state.expire_transfer(&number), "no transfer of this number waits for its user")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fail {
    #[serde(default = "frozen")]
    reason: String,
}

fn frozen() -> String {
    "ACCOUNT_FROZEN".to_owned()
}

/// `{reason?}`: the transfer fails.
pub(super) async fn fail(state: Data<SandboxState>, number: Path<String>, body: Json<Fail>) -> HttpResponse {
    done(state.fail_transfer(&number, &body.reason), "no transfer of this number waits for its user")
}

/// Sharings and unfreezings, newest first.
pub(super) async fn sharings(state: Data<SandboxState>) -> Json<Value> {
    Json(json!({"sharings": state.sharings()}))
}

/// Ends a sharing that is being processed.
pub(super) async fn finish_sharing(state: Data<SandboxState>, number: Path<String>) -> HttpResponse {
    done(state.finish_sharing(&number), "no sharing of this number is being processed")
}

/// How a sharing receiver is to behave.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Receiver {
    account: String,
    fail_reason: Option<String>,
    #[serde(default = "yes")]
    agrees_to_returns: bool,
    notify_url: Option<String>,
}

fn yes() -> bool {
    true
}

/// `{account, fail_reason?, agrees_to_returns?, notify_url?}`: shares of the account fail with the
/// reason (absent: no longer), returns are refused, notices go to the URL.
pub(super) async fn receiver(state: Data<SandboxState>, body: Json<Receiver>) -> Json<Value> {
    state.fail_receiver(&body.account, body.fail_reason.as_deref());
    state.agrees_to_returns(&body.account, body.agrees_to_returns);
    if let Some(url) = &body.notify_url {
        state.tell_receiver(&body.account, url);
    }
    Json(json!({"ok": true}))
}

fn done(found: bool, otherwise: &str) -> HttpResponse {
    if found { HttpResponse::Ok().json(json!({"ok": true})) } else { refused(StatusCode::NOT_FOUND, otherwise) }
}
