//! A leader asks for after-sale in a member's place.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{post, web};
use kernel::id::OrderId;

use crate::api::auth::SignedInLeader;
use crate::api::body::{JsonBody, PathId};
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply};
use crate::api::storefront::after_sale_views::TicketView;
use crate::api::storefront::after_sales::{ClaimRequest, checked};
use crate::app::App;
use crate::flows::after_sale::{self, Claimant};

pub(super) fn routes(config: &mut Routes) {
    config.service(claim);
}

/// Opens a ticket for lines of an order of the leader's; the member goes on with it.
#[utoipa::path(
    tag = "leader", operation_id = "leader_claim", security(("bearer" = [])), request_body = ClaimRequest,
    params(("id" = OrderId, Path), ("Idempotency-Key" = String, Header, description = "Required")),
    responses((status = 201, body = TicketView), Failures)
)]
#[post("/api/v1/leader/orders/{id}/after-sales")]
async fn claim(
    app: web::Data<App>,
    who: SignedInLeader,
    id: PathId<OrderId>,
    key: IdempotencyKey,
    body: JsonBody<ClaimRequest>,
) -> Reply {
    let key = key.required()?;
    let claim = checked(body.value)?;
    let by = Claimant::Leader(who.leader.id);
    key.once(&app, who.shop.id, who.member, &body.hash, StatusCode::CREATED, TicketView::for_member, async |once| {
        after_sale::claim(&app, &who.shop, by, *id, &claim, once).await
    })
    .await
}
