//! Handing goods over against a pickup code.

use std::collections::HashSet;

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{post, web};
use chrono::{DateTime, Utc};
use kernel::checks::Checks;
use kernel::failure::Invalid;
use kernel::id::{OrderId, OrderLineId, RedemptionId};
use serde::{Deserialize, Serialize};

use super::orders::{LeaderLineView, MaskedMember};
use crate::api::auth::SignedInVerifier;
use crate::api::body::JsonBody;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply};
use crate::app::App;
use crate::areas::orders::state::OrderStatus;
use crate::areas::pickup::redemptions::Handed;
use crate::flows::pickup::{self, Redeemed, Redeemer};

/// An order has fewer lines than this.
const LINES_MAX: usize = 200;
/// More units than any order has.
const UNITS_MAX: i64 = 1_000_000;

pub(super) fn routes(config: &mut Routes) {
    config.service(redeem);
}

/// What is to be handed over.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Redeem {
    /// The digits the shopper shows.
    #[schema(min_length = 1, max_length = 32)]
    code: String,
    /// A part of the order; everything that is here when left out.
    #[schema(max_items = 200)]
    lines: Option<Vec<RedeemLine>>,
}

/// Units of one line.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RedeemLine {
    line_id: OrderLineId,
    #[schema(minimum = 1, maximum = 1_000_000)]
    quantity: i64,
}

/// A hand-over that took place.
#[derive(Serialize, utoipa::ToSchema)]
struct RedemptionView {
    id: RedemptionId,
    order_id: OrderId,
    /// Where the order stands now.
    status: OrderStatus,
    /// Who collects; null when the member is gone.
    member: Option<MaskedMember>,
    remark: Option<String>,
    /// What changed hands now.
    handed_over: Vec<HandedView>,
    /// Every line as it stands now.
    lines: Vec<LeaderLineView>,
    at: DateTime<Utc>,
}

/// Units of one line that changed hands.
#[derive(Serialize, utoipa::ToSchema)]
struct HandedView {
    line_id: OrderLineId,
    quantity: i64,
}

fn view(redeemed: &Redeemed) -> RedemptionView {
    let handed = |part: &Handed| HandedView { line_id: part.line_id, quantity: part.quantity };
    RedemptionView {
        id: redeemed.redemption.id,
        order_id: redeemed.order.id,
        status: redeemed.order.status,
        member: redeemed.member.clone().map(MaskedMember::from),
        remark: redeemed.order.remark.clone(),
        handed_over: redeemed.handed.iter().map(handed).collect(),
        lines: redeemed.lines.iter().map(LeaderLineView::from).collect(),
        at: redeemed.redemption.at,
    }
}

/// Hands goods over against a pickup code, whole or in part. By the leader or a verifier of
/// his; a code of another leader's order is unknown here.
#[utoipa::path(
    tag = "leader", operation_id = "redeem", security(("bearer" = [])), request_body = Redeem,
    params(("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    responses((status = 200, body = RedemptionView), Failures)
)]
#[post("/api/v1/leader/redemptions")]
async fn redeem(app: web::Data<App>, who: SignedInVerifier, key: IdempotencyKey, body: JsonBody<Redeem>) -> Reply {
    let Redeem { code, lines } = body.value;
    let asked = checked(&code, lines)?;
    let redeemer = Redeemer { member: who.member, leaders: who.leaders };
    let work = async |once: &_| pickup::redeem(&app, &who.shop, &redeemer, &code, &asked, once).await;
    key.once(&app, who.shop.id, who.member, &body.hash, StatusCode::OK, view, work).await
}

fn checked(code: &str, lines: Option<Vec<RedeemLine>>) -> Result<Vec<Handed>, Invalid> {
    let mut checks = Checks::default();
    checks.text("code", code, 1, 32);
    let named = lines.is_some();
    let lines = lines.unwrap_or_default();
    checks.count("lines", lines.len(), LINES_MAX);
    checks.need(!named || !lines.is_empty(), "lines", "too_short", "at least one line, or none at all");
    let mut seen = HashSet::new();
    for (place, line) in lines.iter().enumerate() {
        checks.range(format!("lines[{place}].quantity"), line.quantity, 1, UNITS_MAX);
        checks.need(seen.insert(line.line_id), format!("lines[{place}].line_id"), "invalid", "named twice");
    }
    checks.done()?;
    Ok(lines.into_iter().map(|line| Handed { line_id: line.line_id, quantity: line.quantity }).collect())
}
