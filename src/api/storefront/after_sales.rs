//! A member's after-sale tickets.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{get, post, web};
use kernel::FieldFault;
use kernel::failure::Invalid;
use kernel::id::{OrderId, OrderLineId, TicketId};
use serde::Deserialize;

use crate::api::auth::SignedInMember;
use crate::api::body::{JsonBody, Nothing, PathId, text_fault};
use crate::api::fields::Fields;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::api::storefront::after_sale_views::TicketView;
use crate::app::App;
use crate::areas::after_sales::state::TicketKind;
use crate::flows::after_sale::{self, Claim, Claimant, Shipment};

pub(super) fn routes(config: &mut Routes) {
    config.service(claim).service(detail).service(cancel).service(return_shipment).service(escalate);
}

/// Which units of a line.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ClaimLine {
    line_id: OrderLineId,
    #[schema(minimum = 1, maximum = 9999)]
    quantity: i64,
}

/// A claim.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ClaimRequest {
    #[schema(min_items = 1, max_items = 50)]
    lines: Vec<ClaimLine>,
    kind: TicketKind,
    #[schema(min_length = 1, max_length = 300)]
    reason: String,
    #[serde(default)]
    #[schema(max_items = 9)]
    photos: Vec<String>,
}

pub(in crate::api) fn checked(request: ClaimRequest) -> Result<Claim, Invalid> {
    let mut faults = Vec::new();
    if request.lines.is_empty() || request.lines.len() > 50 {
        faults.push(FieldFault::new("lines", "out_of_range", "1 to 50 lines"));
    }
    for (index, line) in request.lines.iter().enumerate() {
        if !(1..=9_999).contains(&line.quantity) {
            faults.push(FieldFault::new(format!("lines[{index}].quantity"), "out_of_range", "1 to 9999"));
        }
        let earlier = request.lines.iter().take(index);
        if earlier.into_iter().any(|other| other.line_id == line.line_id) {
            faults.push(FieldFault::new(format!("lines[{index}].line_id"), "duplicate", "each line once"));
        }
    }
    faults.extend(text_fault("reason", &request.reason, 1, 300));
    if request.photos.len() > 9 {
        faults.push(FieldFault::new("photos", "too_long", "at most 9 pictures"));
    }
    faults.extend(request.photos.iter().filter_map(|photo| text_fault("photos", photo, 1, 500)));
    Invalid::unless_empty(faults)?;
    Ok(Claim {
        lines: request.lines.iter().map(|line| (line.line_id, line.quantity)).collect(),
        kind: request.kind,
        reason: request.reason,
        photos: request.photos,
    })
}

/// Opens a ticket for lines of an order.
#[utoipa::path(
    tag = "after-sales", security(("bearer" = [])), request_body = ClaimRequest,
    params(("id" = OrderId, Path), ("Idempotency-Key" = String, Header, description = "Required")),
    responses((status = 201, body = TicketView), Failures)
)]
#[post("/api/v1/orders/{id}/after-sales")]
async fn claim(
    app: web::Data<App>,
    who: SignedInMember,
    id: PathId<OrderId>,
    key: IdempotencyKey,
    body: JsonBody<ClaimRequest>,
) -> Reply {
    let key = key.required()?;
    let claim = checked(body.value)?;
    let by = Claimant::Member(who.member);
    key.once(&app, who.shop.id, who.member, &body.hash, StatusCode::CREATED, TicketView::for_member, async |once| {
        after_sale::claim(&app, &who.shop, by, *id, &claim, once).await
    })
    .await
}

/// A ticket of the member.
#[utoipa::path(tag = "after-sales", security(("bearer" = [])), params(("id" = TicketId, Path)), responses((status = 200, body = TicketView), Failures))]
#[get("/api/v1/after-sales/{id}")]
async fn detail(app: web::Data<App>, who: SignedInMember, id: PathId<TicketId>) -> Reply {
    json(&TicketView::for_member(&after_sale::of_member(app.db.reader(), &who.shop, who.member, *id).await?))
}

/// The member gives the claim up.
#[utoipa::path(tag = "after-sales", security(("bearer" = [])), params(("id" = TicketId, Path)), responses((status = 200, body = TicketView), Failures))]
#[post("/api/v1/after-sales/{id}/cancel")]
async fn cancel(app: web::Data<App>, who: SignedInMember, id: PathId<TicketId>, _: JsonBody<Nothing>) -> Reply {
    json(&TicketView::for_member(&after_sale::withdraw(&app, &who.shop, who.member, *id).await?))
}

/// How the goods come back.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ReturnShipment {
    /// Who carries them.
    #[schema(min_length = 1, max_length = 40)]
    carrier: String,
    #[schema(min_length = 4, max_length = 40)]
    tracking_no: String,
}

/// The member has sent the goods of a granted return back; a repeat corrects how.
#[utoipa::path(
    tag = "after-sales", security(("bearer" = [])), request_body = ReturnShipment,
    params(("id" = TicketId, Path), ("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    responses((status = 200, body = TicketView), Failures)
)]
#[post("/api/v1/after-sales/{id}/return-shipment")]
async fn return_shipment(
    app: web::Data<App>,
    who: SignedInMember,
    id: PathId<TicketId>,
    key: IdempotencyKey,
    body: JsonBody<ReturnShipment>,
) -> Reply {
    let mut fields = Fields::default();
    let shipment = Shipment {
        carrier: fields.line("carrier", &body.value.carrier, 1, 40),
        tracking_no: fields.line("tracking_no", &body.value.tracking_no, 4, 40),
    };
    fields.done()?;
    let work = async |once: &_| after_sale::ship_back(&app, &who.shop, who.member, *id, &shipment, once).await;
    key.once(&app, who.shop.id, who.member, &body.hash, StatusCode::OK, TicketView::for_member, work).await
}

/// Why the platform should judge.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct EscalateAfterSale {
    /// In the member's words.
    #[schema(min_length = 1, max_length = 300)]
    reason: String,
}

/// Asks for the platform's judgment of a claim that was refused: once, within the shop's days and
/// before the line is settled. An operator's word on it is the last.
#[utoipa::path(
    tag = "after-sales", security(("bearer" = [])), request_body = EscalateAfterSale, params(("id" = TicketId, Path)),
    responses((status = 200, body = TicketView), Failures)
)]
#[post("/api/v1/after-sales/{id}/escalate")]
async fn escalate(
    app: web::Data<App>,
    who: SignedInMember,
    id: PathId<TicketId>,
    body: JsonBody<EscalateAfterSale>,
) -> Reply {
    let mut fields = Fields::default();
    let reason = fields.prose("reason", &body.value.reason, 1, 300);
    fields.done()?;
    json(&TicketView::for_member(&after_sale::escalate(&app, &who.shop, who.member, *id, &reason).await?))
}
