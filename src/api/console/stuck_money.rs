//! Money that WeChat still holds, and why; telling it again of a shipping.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use kernel::Fen;
use kernel::checks::Checks;
use kernel::id::{OrderId, OrderLineId, PaymentId, RechargeId, ShippingUploadId};
use serde::{Deserialize, Serialize};

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, PathId, QueryOf, page_request};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::app::App;
use crate::areas::orders::progress::Parcel;
use crate::areas::orders::state::OrderStatus;
use crate::areas::shipping::entity::upload;
use crate::areas::shipping::state::{Logistics, UploadKind, UploadState};
use crate::flows::shipping::{self, Correction, Stuck, StuckReason, Told};

/// An order has fewer lines than this.
const LINES_MAX: usize = 200;

pub(super) fn routes(config: &mut Routes) {
    config.service(list).service(tell_again);
}

/// Which payments.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StuckQuery {
    /// Held for this reason alone.
    reason: Option<StuckReason>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// A payment that WeChat holds.
#[derive(Serialize, utoipa::ToSchema)]
struct StuckView {
    payment_id: PaymentId,
    /// None of a recharge's.
    order_id: Option<OrderId>,
    order_status: Option<OrderStatus>,
    /// None of an order's.
    recharge_id: Option<RechargeId>,
    /// WeChat's number of the payment.
    transaction_id: Option<String>,
    amount_fen: Fen,
    paid_at: Option<DateTime<Utc>>,
    /// Why it is held.
    reason: StuckReason,
    /// Since when that is so.
    since: DateTime<Utc>,
    /// What WeChat was told of the shipping, and the correction of it.
    uploads: Vec<ShippingUploadView>,
    /// WeChat's own state of the order: 1 to ship, 2 shipped, 3 received, 5 refunded, 6 about to be settled.
    platform_state: Option<i64>,
    /// When WeChat means to set it free.
    estimated_settlement_at: Option<DateTime<Utc>>,
    received_at: Option<DateTime<Utc>>,
    /// When the buyer was reminded to confirm receipt.
    reminded_at: Option<DateTime<Utc>>,
}

/// What WeChat was told of a shipping, or is to be told.
#[derive(Serialize, utoipa::ToSchema)]
struct ShippingUploadView {
    id: ShippingUploadId,
    payment_id: PaymentId,
    /// None of a recharge's.
    order_id: Option<OrderId>,
    /// None of an order's.
    recharge_id: Option<RechargeId>,
    kind: UploadKind,
    state: UploadState,
    logistics: Logistics,
    /// Answers WeChat gave.
    attempts: i32,
    /// Its last refusal.
    errcode: Option<i64>,
    /// In its words, or ours.
    errmsg: Option<String>,
    /// When it is told next, where WeChat asked for patience.
    next_try_at: Option<DateTime<Utc>>,
    /// When WeChat took it.
    recorded_at: Option<DateTime<Utc>>,
    /// The parcels told last, as they were told.
    #[schema(value_type = Option<Vec<Object>>)]
    parcels: Option<serde_json::Value>,
}

impl From<&upload::Model> for ShippingUploadView {
    fn from(row: &upload::Model) -> Self {
        let body = row.request_body.as_ref().or(row.recorded_body.as_ref());
        let body = body.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
        Self {
            id: row.id,
            payment_id: row.payment_id,
            order_id: row.order_id,
            recharge_id: row.recharge_id,
            kind: row.kind,
            state: row.state,
            logistics: row.logistics,
            attempts: row.attempts,
            errcode: row.errcode,
            errmsg: row.errmsg.clone(),
            next_try_at: row.next_try_at,
            recorded_at: row.recorded_at,
            // The whole body would show the payer's openid.
            parcels: body.and_then(|mut body| body.get_mut("shipping_list").map(serde_json::Value::take)),
        }
    }
}

impl From<Stuck> for StuckView {
    fn from(stuck: Stuck) -> Self {
        let hold = stuck.hold.as_ref();
        let estimated = hold.and_then(|hold| hold.estimated_settlement_time).filter(|at| *at > 0);
        Self {
            payment_id: stuck.payment.id,
            order_id: stuck.payment.order_id,
            order_status: stuck.order_status,
            recharge_id: stuck.payment.recharge_id,
            transaction_id: stuck.payment.transaction_id.clone(),
            amount_fen: stuck.payment.amount_fen,
            paid_at: stuck.payment.paid_at,
            reason: stuck.reason,
            since: stuck.since,
            uploads: stuck.uploads.iter().map(ShippingUploadView::from).collect(),
            platform_state: hold.and_then(|hold| hold.platform_state),
            estimated_settlement_at: estimated.and_then(|at| DateTime::from_timestamp(at, 0)),
            received_at: hold.and_then(|hold| hold.received_at),
            reminded_at: hold.and_then(|hold| hold.reminded_at),
        }
    }
}

/// What WeChat holds of the shop's money, newest payment first; nothing where the mini-program is not
/// under trade management.
#[utoipa::path(
    tag = "payouts", operation_id = "stuck_money", security(("session" = [])), params(StuckQuery),
    responses((status = 200, body = ListView<StuckView>), Failures)
)]
#[get("/console/api/v1/stuck-money")]
async fn list(app: web::Data<App>, who: Operator, asked: QueryOf<StuckQuery>) -> Reply {
    let StuckQuery { reason, limit, cursor } = asked.0;
    let page = shipping::stuck(&app, &who.shop, reason, &page_request(limit, cursor)?).await?;
    json(&ListView::from(page.map(StuckView::from)))
}

/// What is to be told differently; nothing, to tell the same again.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct TellAgain {
    /// The lines whose parcel was named wrong; all that were sent when left out.
    #[serde(default)]
    #[schema(max_items = 200)]
    line_ids: Vec<OrderLineId>,
    /// Who carries the parcel; beside `tracking_no`.
    #[schema(min_length = 1, max_length = 64)]
    carrier: Option<String>,
    /// The parcel's number there; beside `carrier`.
    #[schema(min_length = 1, max_length = 64)]
    tracking_no: Option<String>,
}

impl TellAgain {
    fn checked(self) -> Result<Correction, kernel::failure::Invalid> {
        let mut checks = Checks::default();
        checks.count("line_ids", self.line_ids.len(), LINES_MAX);
        let both = self.carrier.is_some() == self.tracking_no.is_some();
        checks.need(both, "tracking_no", "required", "carrier and tracking_no go together");
        let some = self.carrier.is_some() || self.line_ids.is_empty();
        checks.need(some, "carrier", "required", "lines are named to change their parcel");
        for (field, text) in [("carrier", &self.carrier), ("tracking_no", &self.tracking_no)] {
            if let Some(text) = text {
                checks.text(field, text, 1, 64);
            }
        }
        checks.done()?;
        let named = self.carrier.is_some();
        let parcel = Parcel { carrier: self.carrier, tracking_no: self.tracking_no };
        Ok(Correction { lines: self.line_ids, parcel: named.then_some(parcel) })
    }
}

/// Tells WeChat of a payment's shipping again: as often as it takes while WeChat does not have it, and
/// once, with another parcel, when it does.
#[utoipa::path(
    tag = "payouts", operation_id = "tell_shipping_again", security(("session" = [])), request_body = TellAgain,
    params(
        ("payment_id" = PaymentId, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")
    ),
    responses((status = 200, body = ShippingUploadView), Failures)
)]
#[post("/console/api/v1/stuck-money/{payment_id}/tell-again")]
async fn tell_again(
    app: web::Data<App>,
    who: Operator,
    id: PathId<PaymentId>,
    key: IdempotencyKey,
    body: JsonBody<TellAgain>,
) -> Reply {
    who.may(Permission::Orders)?;
    let correction = body.value.checked()?;
    let view = |told: &Told| ShippingUploadView::from(&told.upload);
    let work = async |once: &_| shipping::tell_again(&app, &who.shop, who.operator, *id, &correction, once).await;
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::OK, view, work).await
}
