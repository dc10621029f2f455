//! Notices by hand: repeated, late, forged.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::refused;
use crate::pay::NoticeKind;
use crate::state::SandboxState;

/// Notices sent at once at most.
const MOST: usize = 100;

/// Every notice with the answers it got.
pub(super) async fn list(state: Data<SandboxState>) -> Json<Value> {
    Json(json!({"notices": state.notices()}))
}

/// What to send.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Send {
    out_trade_no: Option<String>,
    out_refund_no: Option<String>,
    out_bill_no: Option<String>,
    kind: NoticeKind,
    #[serde(default = "once")]
    times: usize,
    #[serde(default)]
    delay_ms: u64,
}

fn once() -> usize {
    1
}

/// `{out_trade_no | out_refund_no | out_bill_no, kind, times?, delay_ms?}` → what the shop answered
/// to each. `kind` is a [`NoticeKind`] in snake case; `delay_ms` makes it late.
pub(super) async fn send(state: Data<SandboxState>, body: Json<Send>) -> HttpResponse {
    let body = body.into_inner();
    let subjects: Vec<String> =
        [body.out_trade_no, body.out_refund_no, body.out_bill_no].into_iter().flatten().collect();
    let [subject] = subjects.as_slice() else {
        return refused(StatusCode::BAD_REQUEST, "name one of out_trade_no, out_refund_no, out_bill_no");
    };
    if body.times > MOST {
        return refused(StatusCode::BAD_REQUEST, format!("at most {MOST} at once"));
    }
    tokio::time::sleep(Duration::from_millis(body.delay_ms)).await;
    match state.send_notices(subject, body.kind, body.times).await {
        Ok(answers) => HttpResponse::Ok().json(json!({"answers": answers})),
        Err(error) => refused(StatusCode::NOT_FOUND, error),
    }
}
