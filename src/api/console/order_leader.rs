//! Giving an order to another leader.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{post, web};
use kernel::id::{LeaderId, OrderId, PickupPointId};
use serde::{Deserialize, Serialize};

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, PathId};
use crate::api::fields::Fields;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply};
use crate::app::App;
use crate::areas::orders::entity::order;
use crate::areas::orders::state::OrderStatus;
use crate::flows::change_leader::{self, Successor};

pub(super) fn routes(config: &mut Routes) {
    config.service(change);
}

/// Who takes an order over, and why.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeOrderLeader {
    leader_id: LeaderId,
    /// Where it is collected: a point of the new leader; his oldest open one when left out. None for a parcel.
    pickup_point_id: Option<PickupPointId>,
    /// Kept in the order's history.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// Who serves an order.
#[derive(Serialize, utoipa::ToSchema)]
struct OrderLeaderView {
    id: OrderId,
    status: OrderStatus,
    leader_id: Option<LeaderId>,
    pickup_point_id: Option<PickupPointId>,
}

fn view(order: &order::Model) -> OrderLeaderView {
    let order::Model { id, status, leader_id, pickup_point_id, .. } = order;
    OrderLeaderView { id: *id, status: *status, leader_id: *leader_id, pickup_point_id: *pickup_point_id }
}

/// Gives a paid order, of which nothing was handed over yet, to another leader. The commissions are
/// made anew at his rate of now; the order leaves a delivery list that has not left, and is not given away
/// while its goods are under way with one.
#[utoipa::path(
    tag = "orders", operation_id = "change_order_leader", security(("session" = [])),
    request_body = ChangeOrderLeader,
    params(
        ("id" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")
    ),
    responses((status = 200, body = OrderLeaderView), Failures)
)]
#[post("/console/api/v1/orders/{id}/leader")]
async fn change(
    app: web::Data<App>,
    who: Operator,
    id: PathId<OrderId>,
    key: IdempotencyKey,
    body: JsonBody<ChangeOrderLeader>,
) -> Reply {
    who.may(Permission::Orders)?;
    let ChangeOrderLeader { leader_id, pickup_point_id, reason } = body.value;
    let mut fields = Fields::default();
    let reason = fields.line("reason", &reason, 1, 200);
    fields.done()?;
    let to = Successor { leader: leader_id, point: pickup_point_id, reason };
    let work = async |once: &_| change_leader::change(&app, &who.shop, who.operator, *id, &to, once).await;
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::OK, view, work).await
}
