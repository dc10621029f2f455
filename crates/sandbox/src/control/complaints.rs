//! Complaints: the payer who files one, and what became of it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Path};
use serde::Deserialize;
use serde_json::{Value, json};

use super::refused;
use crate::state::SandboxState;
use crate::wechat::png;

/// Complaints.
pub(super) async fn list(state: Data<SandboxState>) -> Json<Value> {
    Json(json!({"complaints": state.complaints(), "uploaded_images": state.uploaded_images()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filed {
    out_trade_no: String,
    #[serde(default = "words")]
    detail: String,
    #[serde(default = "phone")]
    phone: String,
}

fn words() -> String {
    "商品有瑕疵，要求退款".to_owned()
}

fn phone() -> String {
    "13800000417".to_owned()
}

/// `{out_trade_no, detail?, phone?}`: the payer complains.
pub(super) async fn file(state: Data<SandboxState>, body: Json<Filed>) -> HttpResponse {
    match state.files_complaint(&body.out_trade_no, &body.detail, &body.phone) {
        Some(number) => HttpResponse::Ok().json(json!({"complaint_id": number})),
        None => refused(StatusCode::NOT_FOUND, "nothing was paid under this number"),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    #[serde(default = "words")]
    words: String,
}

/// `{words?}`: the payer writes again.
pub(super) async fn write(state: Data<SandboxState>, number: Path<String>, body: Json<Written>) -> HttpResponse {
    if state.writes_again(&number, &body.words) {
        HttpResponse::Ok().json(json!({"ok": true}))
    } else {
        refused(StatusCode::NOT_FOUND, "no complaint has this number")
    }
}

/// The payer adds a picture.
pub(super) async fn picture(state: Data<SandboxState>, number: Path<String>) -> HttpResponse {
    match state.adds_picture(&number, &png::pattern(&number, 120)) {
        Some(media_id) => HttpResponse::Ok().json(json!({"media_id": media_id})),
        None => refused(StatusCode::NOT_FOUND, "no complaint has this number"),
    }
}
