//! Recharge plans, and the recharges of members.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{get, post, put, web};
use kernel::Fen;
use kernel::failure::Invalid;
use kernel::id::{MemberId, RechargeId, RechargePlanId};
use serde::{Deserialize, Serialize};

use super::refunds::{ConsoleRefund, view_of};
use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, PathId, QueryOf, page_request};
use crate::api::fields::Fields;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::api::storefront::recharges::{RECHARGE_MAX_FEN, RechargeView};
use crate::app::App;
use crate::areas::recharges::entity::plan;
use crate::areas::recharges::state::RechargeState;
use crate::areas::recharges::{plans, query};
use crate::flows::recharge::{self as flow, PlanDraft, Request};

pub(super) fn routes(config: &mut Routes) {
    config.service(list_plans).service(create_plan).service(put_plan).service(list).service(give_back);
}

/// A plan, as operators see it.
#[derive(Serialize, utoipa::ToSchema)]
struct ManagedRechargePlan {
    id: RechargePlanId,
    amount_fen: Fen,
    gift_fen: Fen,
    enabled: bool,
    position: i32,
}

impl From<&plan::Model> for ManagedRechargePlan {
    fn from(row: &plan::Model) -> Self {
        let plan::Model { id, amount_fen, gift_fen, enabled, position, .. } = row.clone();
        Self { id, amount_fen, gift_fen, enabled, position }
    }
}

/// What a plan is made of.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RechargePlanDraft {
    /// What is paid in.
    #[schema(value_type = i64, minimum = 1, maximum = 100_000_000)]
    amount_fen: Fen,
    /// What is given on top.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 100_000_000)]
    gift_fen: Fen,
    /// Whether members may take it; they may when left out.
    enabled: Option<bool>,
    /// Its place among the plans, the lowest first.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1000)]
    position: i32,
}

impl RechargePlanDraft {
    fn checked(self) -> Result<PlanDraft, Invalid> {
        let mut fields = Fields::default();
        fields.need((1..=RECHARGE_MAX_FEN).contains(&self.amount_fen.fen()), "amount_fen", "1 to 100000000");
        fields.need((0..=RECHARGE_MAX_FEN).contains(&self.gift_fen.fen()), "gift_fen", "0 to 100000000");
        fields.need((0..=1000).contains(&self.position), "position", "0 to 1000");
        fields.done()?;
        let enabled = self.enabled.unwrap_or(true);
        Ok(PlanDraft { amount: self.amount_fen, gift: self.gift_fen, enabled, position: self.position })
    }
}

/// The plans, in their order; always whole.
#[utoipa::path(
    tag = "members", security(("session" = [])),
    responses((status = 200, body = ListView<ManagedRechargePlan>), Failures)
)]
#[get("/console/api/v1/recharge-plans")]
async fn list_plans(app: web::Data<App>, who: Operator) -> Reply {
    let rows = plans::all(app.db.reader(), who.shop.id).await?;
    json(&ListView::from(rows.iter().map(ManagedRechargePlan::from).collect::<Vec<_>>()))
}

/// Makes a plan.
#[utoipa::path(
    tag = "members", security(("session" = [])), request_body = RechargePlanDraft,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = ManagedRechargePlan), Failures)
)]
#[post("/console/api/v1/recharge-plans")]
async fn create_plan(
    app: web::Data<App>,
    who: Operator,
    key: IdempotencyKey,
    body: JsonBody<RechargePlanDraft>,
) -> Reply {
    who.may(Permission::Members)?;
    let draft = body.value.checked()?;
    let view = |row: &plan::Model| ManagedRechargePlan::from(row);
    let work = async |once: &_| flow::create_plan(&app, &who.shop, who.operator, &draft, once).await;
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::CREATED, view, work).await
}

/// Replaces what a plan says; recharges made by it stay as they were made.
#[utoipa::path(
    tag = "members", security(("session" = [])), params(("id" = RechargePlanId, Path)),
    request_body = RechargePlanDraft,
    responses((status = 200, body = ManagedRechargePlan), Failures)
)]
#[put("/console/api/v1/recharge-plans/{id}")]
async fn put_plan(
    app: web::Data<App>,
    who: Operator,
    id: PathId<RechargePlanId>,
    body: JsonBody<RechargePlanDraft>,
) -> Reply {
    who.may(Permission::Members)?;
    let draft = body.value.checked()?;
    let row = flow::change_plan(&app, &who.shop, who.operator, *id, &draft).await?;
    json(&ManagedRechargePlan::from(&row))
}

/// Which recharges.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RechargesQuery {
    /// A member's.
    member: Option<MemberId>,
    /// In this state alone.
    state: Option<RechargeState>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// Recharges, newest first.
#[utoipa::path(
    tag = "members", security(("session" = [])), params(RechargesQuery),
    responses((status = 200, body = ListView<RechargeView>), Failures)
)]
#[get("/console/api/v1/recharges")]
async fn list(app: web::Data<App>, who: Operator, asked: QueryOf<RechargesQuery>) -> Reply {
    let RechargesQuery { member, state, limit, cursor } = asked.0;
    let page = page_request(limit, cursor)?;
    let rows = query::list(app.db.reader(), who.shop.id, member, state, &page).await?;
    json(&ListView::from(rows.map(|row| RechargeView::from(&row))))
}

/// What of a recharge is to go back.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RechargeRefund {
    /// So much of its principal; all that is unspent when left out.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 100_000_000)]
    amount_fen: Option<Fen>,
    /// The member reads it too.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// Gives unspent principal back to where it was paid, and takes its gift back in proportion.
#[utoipa::path(
    tag = "members", security(("session" = [])), request_body = RechargeRefund,
    params(("id" = RechargeId, Path), ("Idempotency-Key" = String, Header, description = "Required")),
    responses((status = 201, body = ConsoleRefund), Failures)
)]
#[post("/console/api/v1/recharges/{id}/refunds")]
async fn give_back(
    app: web::Data<App>,
    who: Operator,
    id: PathId<RechargeId>,
    key: IdempotencyKey,
    body: JsonBody<RechargeRefund>,
) -> Reply {
    who.may(Permission::Refunds)?;
    let key = key.required()?;
    let mut fields = Fields::default();
    let reason = fields.line("reason", &body.value.reason, 1, 200);
    let fits = body.value.amount_fen.is_none_or(|amount| (1..=RECHARGE_MAX_FEN).contains(&amount.fen()));
    fields.need(fits, "amount_fen", "1 to 100000000");
    fields.done()?;
    let request = Request { amount: body.value.amount_fen, reason };
    let work = async |once: &_| flow::give_back(&app, &who.shop, who.operator, *id, &request, once).await;
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::CREATED, view_of, work).await
}
