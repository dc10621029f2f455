//! A member's after-sale tickets.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use kernel::failure::Invalid;
use kernel::id::{OrderId, OrderLineId, RefundId, TicketId};
use kernel::{Fen, FieldFault};
use serde::{Deserialize, Serialize};

use crate::api::auth::SignedInMember;
use crate::api::body::{JsonBody, Nothing, PathId, text_fault};
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::app::App;
use crate::areas::after_sales::state::{TicketKind, TicketState};
use crate::flows::after_sale::{self, Claim, Ticket};

pub(super) fn routes(config: &mut Routes) {
    config.service(claim).service(detail).service(cancel);
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
struct ClaimRequest {
    #[schema(min_items = 1, max_items = 50)]
    lines: Vec<ClaimLine>,
    kind: TicketKind,
    #[schema(min_length = 1, max_length = 300)]
    reason: String,
    #[serde(default)]
    #[schema(max_items = 9)]
    photos: Vec<String>,
}

/// A ticket.
#[derive(Serialize, utoipa::ToSchema)]
#[allow(missing_docs, reason = "the fields are named by what they are")]
pub struct TicketView {
    pub id: TicketId,
    pub order_id: OrderId,
    pub kind: TicketKind,
    pub status: TicketState,
    pub reason: String,
    pub photos: Vec<String>,
    pub lines: Vec<TicketLineView>,
    /// What would go back, or did.
    pub amount_fen: Fen,
    /// Why it was refused.
    pub answer: Option<String>,
    pub refund_id: Option<RefundId>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A line of a ticket.
#[derive(Serialize, utoipa::ToSchema)]
#[allow(missing_docs, reason = "the fields are named by what they are")]
pub struct TicketLineView {
    pub line_id: OrderLineId,
    pub quantity: i64,
    pub amount_fen: Fen,
}

impl From<&Ticket> for TicketView {
    fn from(Ticket { ticket, lines }: &Ticket) -> Self {
        let photos = ticket.photos.as_array().into_iter().flatten();
        Self {
            id: ticket.id,
            order_id: ticket.order_id,
            kind: ticket.kind,
            status: ticket.state,
            reason: ticket.reason.clone(),
            photos: photos.filter_map(|photo| photo.as_str()).map(str::to_owned).collect(),
            lines: lines
                .iter()
                .map(|line| TicketLineView {
                    line_id: line.line_id,
                    quantity: line.quantity,
                    amount_fen: line.amount_fen,
                })
                .collect(),
            amount_fen: Fen::sum(lines.iter().map(|line| line.amount_fen)).unwrap_or_default(),
            answer: ticket.answer.clone(),
            refund_id: ticket.refund_id,
            created_at: ticket.created_at,
            updated_at: ticket.updated_at,
        }
    }
}

fn checked(request: ClaimRequest) -> Result<Claim, Invalid> {
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
    let view = |ticket: &Ticket| TicketView::from(ticket);
    key.once(&app, who.shop.id, who.member, &body.hash, StatusCode::CREATED, view, async |once| {
        after_sale::claim(&app, &who.shop, who.member, *id, &claim, once).await
    })
    .await
}

/// A ticket of the member.
#[utoipa::path(tag = "after-sales", security(("bearer" = [])), params(("id" = TicketId, Path)), responses((status = 200, body = TicketView), Failures))]
#[get("/api/v1/after-sales/{id}")]
async fn detail(app: web::Data<App>, who: SignedInMember, id: PathId<TicketId>) -> Reply {
    json(&TicketView::from(&after_sale::of_member(&app, &who.shop, who.member, *id).await?))
}

/// The member gives the claim up.
#[utoipa::path(tag = "after-sales", security(("bearer" = [])), params(("id" = TicketId, Path)), responses((status = 200, body = TicketView), Failures))]
#[post("/api/v1/after-sales/{id}/cancel")]
async fn cancel(app: web::Data<App>, who: SignedInMember, id: PathId<TicketId>, _: JsonBody<Nothing>) -> Reply {
    json(&TicketView::from(&after_sale::withdraw(&app, &who.shop, who.member, *id).await?))
}
