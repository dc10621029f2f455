//! The shopper says that the goods have come.

use actix_web::http::StatusCode;
use actix_web::{post, web};
use chrono::{DateTime, Utc};
use kernel::id::OrderId;
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::auth::SignedInMember;
use crate::api::body::PathId;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply};
use crate::app::App;
use crate::areas::orders::entity::order;
use crate::areas::orders::state::OrderStatus;
use crate::flows::receipt;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(confirm_receipt);
}

/// An order that was received.
#[derive(Serialize, utoipa::ToSchema)]
struct ReceiptView {
    id: OrderId,
    status: OrderStatus,
    received_at: Option<DateTime<Utc>>,
}

fn view(order: &order::Model) -> ReceiptView {
    ReceiptView { id: order.id, status: order.status, received_at: order.received_at }
}

/// Confirms receipt: of a parcel that was sent, or of goods at the pickup point. The after-sale
/// window begins now.
#[utoipa::path(
    tag = "orders", security(("bearer" = [])),
    params(
        ("id" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")
    ),
    responses((status = 200, body = ReceiptView), Failures)
)]
#[post("/api/v1/orders/{id}/confirm-receipt")]
async fn confirm_receipt(app: web::Data<App>, who: SignedInMember, id: PathId<OrderId>, key: IdempotencyKey) -> Reply {
    let work = async |once: &_| receipt::confirm(&app, &who.shop, who.member, *id, once).await;
    key.once(&app, who.shop.id, who.member, "", StatusCode::OK, view, work).await
}
