//! The shopper says that the goods have come.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{post, web};
use kernel::id::OrderId;

use super::order_views::{Moment, OrderView};
use crate::api::auth::SignedInMember;
use crate::api::body::{JsonBody, Nothing, PathId};
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply};
use crate::app::App;
use crate::flows::receipt::{self, Moved};

pub(super) fn routes(config: &mut Routes) {
    config.service(confirm_receipt);
}

/// Confirms receipt: of a parcel that was sent, or of goods at the pickup point. The after-sale
/// window begins now.
#[utoipa::path(
    tag = "orders", security(("bearer" = [])),
    params(
        ("id" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")
    ),
    responses((status = 200, body = OrderView), Failures)
)]
#[post("/api/v1/orders/{id}/confirm-receipt")]
async fn confirm_receipt(
    app: web::Data<App>,
    who: SignedInMember,
    id: PathId<OrderId>,
    key: IdempotencyKey,
    body: JsonBody<Nothing>,
) -> Reply {
    let moment = Moment::now(&app, &who.shop);
    let view = move |moved: &Moved| OrderView::new(&moved.order, &moved.lines, &moment);
    let work = async |once: &_| receipt::confirm(&app, &who.shop, who.member, *id, once).await;
    key.once(&app, who.shop.id, who.member, &body.hash, StatusCode::OK, view, work).await
}
