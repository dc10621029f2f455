//! Sending and bringing single orders, apart from any delivery list.

use std::collections::HashSet;

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{post, web};
use chrono::{DateTime, Utc};
use kernel::checks::Checks;
use kernel::failure::Invalid;
use kernel::id::{OrderId, OrderLineId};
use serde::{Deserialize, Serialize};

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, Nothing, PathId};
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply};
use crate::app::App;
use crate::areas::orders::entity::line;
use crate::areas::orders::progress::Parcel;
use crate::areas::orders::state::OrderStatus;
use crate::flows::deliver;
use crate::flows::receipt::Moved;

/// An order has fewer lines than this.
const LINES_MAX: usize = 200;

pub(super) fn routes(config: &mut Routes) {
    config.service(ship).service(arrive);
}

/// What is sent, and how.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Ship {
    /// Some lines; every unsent one when left out.
    #[schema(max_items = 200)]
    lines: Option<Vec<ShipLine>>,
    /// Who carries the parcel.
    #[schema(max_length = 64)]
    carrier: Option<String>,
    /// The parcel's number there.
    #[schema(max_length = 64)]
    tracking_no: Option<String>,
}

/// One line of an order, with all its units.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ShipLine {
    line_id: OrderLineId,
}

/// Where an order and its lines are.
#[derive(Serialize, utoipa::ToSchema)]
struct ShipmentView {
    id: OrderId,
    status: OrderStatus,
    shipped_at: Option<DateTime<Utc>>,
    arrived_at: Option<DateTime<Utc>>,
    lines: Vec<ShipmentLineView>,
}

/// Where a line is.
#[derive(Serialize, utoipa::ToSchema)]
struct ShipmentLineView {
    line_id: OrderLineId,
    /// Units that were not refunded.
    quantity: i64,
    shipped_at: Option<DateTime<Utc>>,
    arrived_at: Option<DateTime<Utc>>,
    carrier: Option<String>,
    tracking_no: Option<String>,
}

fn view(moved: &Moved) -> ShipmentView {
    let line = |line: &line::Model| ShipmentLineView {
        line_id: line.id,
        quantity: line.units_left(),
        shipped_at: line.shipped_at,
        arrived_at: line.arrived_at,
        carrier: line.carrier.clone(),
        tracking_no: line.tracking_no.clone(),
    };
    ShipmentView {
        id: moved.order.id,
        status: moved.order.status,
        shipped_at: moved.order.shipped_at,
        arrived_at: moved.order.arrived_at,
        lines: moved.lines.iter().map(line).collect(),
    }
}

/// Sends an order or some of its lines. It is `shipped` once all its lines are sent.
#[utoipa::path(
    tag = "deliveries", operation_id = "ship_order", security(("session" = [])), request_body = Ship,
    params(
        ("id" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")
    ),
    responses((status = 200, body = ShipmentView), Failures)
)]
#[post("/console/api/v1/orders/{id}/ship")]
async fn ship(
    app: web::Data<App>,
    who: Operator,
    id: PathId<OrderId>,
    key: IdempotencyKey,
    body: JsonBody<Ship>,
) -> Reply {
    who.may(Permission::Orders)?;
    let (lines, parcel) = checked(body.value)?;
    let actor = format!("operator:{}", who.operator);
    let work = async |once: &_| deliver::ship(&app, &who.shop, *id, &lines, &parcel, &actor, once).await;
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::OK, view, work).await
}

fn checked(body: Ship) -> Result<(Vec<OrderLineId>, Parcel), Invalid> {
    let mut checks = Checks::default();
    let named = body.lines.is_some();
    let lines: Vec<OrderLineId> = body.lines.unwrap_or_default().into_iter().map(|line| line.line_id).collect();
    checks.count("lines", lines.len(), LINES_MAX);
    checks.need(!named || !lines.is_empty(), "lines", "too_short", "at least one line, or none at all");
    let mut seen = HashSet::new();
    for (place, line) in lines.iter().enumerate() {
        checks.need(seen.insert(*line), format!("lines[{place}].line_id"), "invalid", "named twice");
    }
    for (field, text) in [("carrier", &body.carrier), ("tracking_no", &body.tracking_no)] {
        if let Some(text) = text {
            checks.text(field, text, 1, 64);
        }
    }
    checks.done()?;
    Ok((lines, Parcel { carrier: body.carrier, tracking_no: body.tracking_no }))
}

/// A pickup order that was sent by itself is at its pickup point: `arrived`.
#[utoipa::path(
    tag = "deliveries", operation_id = "order_arrived", security(("session" = [])),
    params(
        ("id" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")
    ),
    responses((status = 200, body = ShipmentView), Failures)
)]
#[post("/console/api/v1/orders/{id}/arrive")]
async fn arrive(
    app: web::Data<App>,
    who: Operator,
    id: PathId<OrderId>,
    key: IdempotencyKey,
    body: JsonBody<Nothing>,
) -> Reply {
    who.may(Permission::Orders)?;
    let actor = format!("operator:{}", who.operator);
    let work = async |once: &_| deliver::arrive(&app, &who.shop, *id, &actor, once).await;
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::OK, view, work).await
}
