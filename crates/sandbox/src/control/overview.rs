//! The page, the clock, faults, the log and starting over.

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use actix_web::web::{Data, Json};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::rfc3339;
use crate::faults::Fault;
use crate::state::SandboxState;

/// The control page: one file, no foreign parts.
pub(super) async fn page() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::html()).body(include_str!("page.html"))
}

/// Everything the page shows, in one answer.
pub(super) async fn overview(state: Data<SandboxState>) -> Json<Value> {
    let orders = state.newest_orders(50);
    let mut notices = state.notices();
    notices.truncate(50);
    Json(json!({
        "clock": clock_view(&state),
        "orders": orders,
        "refunds": state.refunds().into_iter().take(50).collect::<Vec<_>>(),
        "transfers": state.transfers().into_iter().take(50).collect::<Vec<_>>(),
        "sharings": state.sharings().into_iter().take(50).collect::<Vec<_>>(),
        "affiliate_orders": state.affiliate_orders(),
        "users": state.users(),
        "messages": state.messages().into_iter().take(20).collect::<Vec<_>>(),
        "shipments": state.shipments(),
        "notices": notices,
        "books": state.books(None),
        "faults": state.faults(),
        "log": state.request_log(),
    }))
}

fn clock_view(state: &SandboxState) -> Value {
    let clock = state.clock();
    json!({"now": rfc3339(clock.now()), "wall": rfc3339(clock.wall()), "offset_s": clock.offset_s()})
}

/// Sandbox time and wall time.
pub(super) async fn clock(state: Data<SandboxState>) -> Json<Value> {
    Json(clock_view(&state))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Advance {
    advance_s: Option<i64>,
    offset_s: Option<i64>,
}

/// `{advance_s}` moves sandbox time on, `{offset_s}` sets its distance from wall time.
pub(super) async fn advance(state: Data<SandboxState>, body: Json<Advance>) -> Json<Value> {
    if let Some(offset) = body.offset_s {
        state.clock().set_offset(offset);
    }
    state.advance(body.advance_s.unwrap_or(0));
    Json(clock_view(&state))
}

/// Forgets everything but the merchants.
pub(super) async fn reset(state: Data<SandboxState>) -> Json<Value> {
    state.reset();
    Json(json!({"ok": true}))
}

/// The last hundred platform calls.
pub(super) async fn log(state: Data<SandboxState>) -> Json<Value> {
    Json(json!({"calls": state.request_log()}))
}

/// Faults that are still to strike.
pub(super) async fn faults(state: Data<SandboxState>) -> Json<Value> {
    Json(json!({"faults": state.faults()}))
}

/// Orders a fault.
pub(super) async fn add_fault(state: Data<SandboxState>, fault: Json<Fault>) -> Json<Value> {
    state.add_fault(fault.into_inner());
    Json(json!({"faults": state.faults()}))
}

/// Takes all faults back.
pub(super) async fn clear_faults(state: Data<SandboxState>) -> Json<Value> {
    state.clear_faults();
    Json(json!({"faults": []}))
}

impl SandboxState {
    /// Moves sandbox time on by `seconds` and does what falls due by it.
    pub fn advance(&self, seconds: i64) {
        self.clock().advance(seconds);
        self.expire_transfers();
        let now = self.now();
        let mut world = self.world();
        let due: Vec<String> =
            world.orders.iter().filter(|(_, order)| order.freeze_is_over(now)).map(|(key, _)| key.clone()).collect();
        due.iter().for_each(|key| world.thaw(key, now));
    }
}
