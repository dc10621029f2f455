//! Orders, payments, refunds and the books.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Path, Query};
use serde::Deserialize;
use serde_json::{Value, json};

use super::refused;
use crate::pay::refunds::RefundStatus;
use crate::pay::{PayTarget, PaymentRefused};
use crate::state::SandboxState;

/// Which orders to list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Orders {
    out_trade_no: Option<String>,
    trade_state: Option<String>,
    limit: Option<usize>,
}

/// Orders, newest first: `?out_trade_no=&trade_state=&limit=`.
pub(super) async fn orders(state: Data<SandboxState>, wanted: Query<Orders>) -> Json<Value> {
    let mut orders = match &wanted.out_trade_no {
        Some(number) => state.order(number).into_iter().collect(),
        None => state.orders(),
    };
    orders.retain(|order| wanted.trade_state.as_ref().is_none_or(|only| *only == order.trade_state));
    orders.truncate(wanted.limit.unwrap_or(100));
    Json(json!({"orders": orders}))
}

/// The user pays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pay {
    prepay_id: Option<String>,
    out_trade_no: Option<String>,
    mchid: Option<String>,
    notify: Option<bool>,
    #[serde(default)]
    notify_after_ms: u64,
    #[serde(default)]
    coupon_fen: i64,
}

/// `{prepay_id | out_trade_no, mchid?, notify?, notify_after_ms?, coupon_fen?}` → `{transaction_id}`.
pub(super) async fn pay(state: Data<SandboxState>, body: Json<Pay>) -> HttpResponse {
    let body = body.into_inner();
    let target = match (body.prepay_id, body.out_trade_no, body.mchid) {
        (Some(id), None, None) => PayTarget::PrepayId(id),
        (None, Some(number), None) => PayTarget::OutTradeNo(number),
        (None, Some(out_trade_no), Some(mchid)) => PayTarget::OrderOf { mchid, out_trade_no },
        _ => {
            return refused(
                StatusCode::BAD_REQUEST,
                "name one order: prepay_id, or out_trade_no with or without mchid",
            );
        }
    };
    let notify = body.notify.unwrap_or(state.config().notify);
    let notify_after = notify.then(|| Duration::from_millis(body.notify_after_ms));
    match state.pays_with(target, notify_after, body.coupon_fen) {
        Ok(transaction_id) => HttpResponse::Ok().json(json!({"transaction_id": transaction_id})),
        Err(PaymentRefused::Unknown) => refused(StatusCode::NOT_FOUND, PaymentRefused::Unknown),
        Err(refusal) => refused(StatusCode::CONFLICT, refusal),
    }
}

/// Refunds as WeChat shows them.
pub(super) async fn refunds(state: Data<SandboxState>) -> Json<Value> {
    Json(json!({"refunds": state.refunds()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settle {
    status: RefundStatus,
}

/// `{status: SUCCESS | CLOSED | ABNORMAL}` decides a refund that is being processed.
pub(super) async fn settle_refund(state: Data<SandboxState>, number: Path<String>, body: Json<Settle>) -> HttpResponse {
    if state.settle_refund(&number, body.status) {
        HttpResponse::Ok().json(json!({"ok": true}))
    } else {
        refused(StatusCode::NOT_FOUND, "no refund of this number is being processed")
    }
}

/// Whose books.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WhoseBooks {
    mchid: Option<String>,
}

/// `?mchid=` → sellers' and users' accounts in fen.
pub(super) async fn books(state: Data<SandboxState>, whose: Query<WhoseBooks>) -> HttpResponse {
    HttpResponse::Ok().json(state.books(whose.mchid.as_deref()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TopUp {
    mchid: String,
    fen: i64,
}

/// Puts money into a seller's operations account.
pub(super) async fn top_up(state: Data<SandboxState>, body: Json<TopUp>) -> HttpResponse {
    state.top_up(&body.mchid, body.fen);
    HttpResponse::Ok().json(state.purse(&body.mchid))
}
