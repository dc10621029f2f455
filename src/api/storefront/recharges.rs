//! Paying balance in.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use kernel::Fen;
use kernel::id::{MemberId, RechargeId, RechargePlanId};
use serde::{Deserialize, Serialize};

use super::balance::BalanceEntriesQuery;
use super::orders::PaymentParamsView;
use crate::api::auth::SignedInMember;
use crate::api::body::{JsonBody, Nothing, PathId, QueryOf, page_request};
use crate::api::fields::Fields;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::app::App;
use crate::areas::recharges::entity::{plan, recharge};
use crate::areas::recharges::state::RechargeState;
use crate::areas::recharges::{plans, query};
use crate::flows::prepay;
use crate::flows::recharge::{self as flow, Wish};

/// The most one recharge can name: far above any ceiling of a shop.
pub(in crate::api) const RECHARGE_MAX_FEN: i64 = 100_000_000;

pub(super) fn routes(config: &mut Routes) {
    config.service(offered).service(make).service(list).service(detail).service(pay);
}

/// What may be paid in at once, and what is given on top.
#[derive(Serialize, utoipa::ToSchema)]
pub struct RechargePlanView {
    id: RechargePlanId,
    amount_fen: Fen,
    gift_fen: Fen,
}

/// The recharges a shop offers.
#[derive(Serialize, utoipa::ToSchema)]
struct RechargeOffers {
    /// Always whole.
    items: Vec<RechargePlanView>,
    /// Whether a member may also choose an amount, without a gift.
    free_amount: bool,
    /// The most a member may have as balance.
    balance_max_fen: Fen,
}

impl From<&plan::Model> for RechargePlanView {
    fn from(row: &plan::Model) -> Self {
        Self { id: row.id, amount_fen: row.amount_fen, gift_fen: row.gift_fen }
    }
}

/// A recharge.
#[derive(Serialize, utoipa::ToSchema)]
#[allow(missing_docs, reason = "the fields are named by what they are")]
pub struct RechargeView {
    pub id: RechargeId,
    pub member_id: MemberId,
    pub plan_id: Option<RechargePlanId>,
    pub state: RechargeState,
    pub amount_fen: Fen,
    pub gift_fen: Fen,
    /// What has gone back to where it was paid, or is on its way.
    pub refunded_fen: Fen,
    /// The gift that was taken back with it.
    pub gift_back_fen: Fen,
    /// Until when it can be paid.
    pub expires_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub paid_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
}

impl From<&recharge::Model> for RechargeView {
    fn from(row: &recharge::Model) -> Self {
        Self {
            id: row.id,
            member_id: row.member_id,
            plan_id: row.plan_id,
            state: row.state,
            amount_fen: row.amount_fen,
            gift_fen: row.gift_fen,
            refunded_fen: row.refunded_fen,
            gift_back_fen: row.gift_back_fen,
            expires_at: row.expires_at,
            created_at: row.created_at,
            paid_at: row.paid_at,
            closed_at: row.closed_at,
        }
    }
}

/// What may be paid in, in the shop's order.
#[utoipa::path(tag = "me", security(("bearer" = [])), responses((status = 200, body = RechargeOffers), Failures))]
#[get("/api/v1/recharge-plans")]
async fn offered(app: web::Data<App>, who: SignedInMember) -> Reply {
    let all = plans::all(app.db.reader(), who.shop.id).await?;
    json(&RechargeOffers {
        items: all.iter().filter(|plan| plan.enabled).map(RechargePlanView::from).collect(),
        free_amount: who.shop.settings.recharge_free_amount,
        balance_max_fen: who.shop.settings.member_balance_max_fen,
    })
}

/// What is to be paid in: a plan, or an amount.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RechargeRequest {
    /// A plan; not beside `amount_fen`.
    plan_id: Option<RechargePlanId>,
    /// An amount of the member's choice, where the shop allows it; not beside `plan_id`.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 100_000_000)]
    amount_fen: Option<Fen>,
}

/// Makes a recharge, to be paid next.
#[utoipa::path(
    tag = "me", security(("bearer" = [])), request_body = RechargeRequest,
    params(("Idempotency-Key" = String, Header, description = "Required; the same key gets the same answer")),
    responses((status = 201, body = RechargeView), Failures)
)]
#[post("/api/v1/me/recharges")]
async fn make(app: web::Data<App>, who: SignedInMember, key: IdempotencyKey, body: JsonBody<RechargeRequest>) -> Reply {
    let key = key.required()?;
    let mut fields = Fields::default();
    let wish = match (body.value.plan_id, body.value.amount_fen) {
        (Some(plan), None) => Wish::Plan(plan),
        (None, Some(amount)) => {
            fields.need((1..=RECHARGE_MAX_FEN).contains(&amount.fen()), "amount_fen", "1 to 100000000");
            Wish::Amount(amount)
        }
        _ => {
            fields.fault("plan_id", "invalid", "either plan_id or amount_fen");
            Wish::Amount(Fen::ZERO)
        }
    };
    fields.done()?;
    let view = |row: &recharge::Model| RechargeView::from(row);
    let work = async |once: &_| flow::make(&app, &who.shop, who.member, wish, once).await;
    key.once(&app, who.shop.id, who.member, &body.hash, StatusCode::CREATED, view, work).await
}

/// The member's recharges, newest first.
#[utoipa::path(
    tag = "me", security(("bearer" = [])), params(BalanceEntriesQuery),
    responses((status = 200, body = ListView<RechargeView>), Failures)
)]
#[get("/api/v1/me/recharges")]
async fn list(app: web::Data<App>, who: SignedInMember, asked: QueryOf<BalanceEntriesQuery>) -> Reply {
    let BalanceEntriesQuery { limit, cursor } = asked.0;
    let page = page_request(limit, cursor)?;
    let rows = query::list(app.db.reader(), who.shop.id, Some(who.member), None, &page).await?;
    json(&ListView::from(rows.map(|row| RechargeView::from(&row))))
}

/// One recharge of the member.
#[utoipa::path(
    tag = "me", security(("bearer" = [])), params(("id" = RechargeId, Path)),
    responses((status = 200, body = RechargeView), Failures)
)]
#[get("/api/v1/me/recharges/{id}")]
async fn detail(app: web::Data<App>, who: SignedInMember, id: PathId<RechargeId>) -> Reply {
    json(&RechargeView::from(&query::of_member(app.db.reader(), who.shop.id, who.member, *id).await?))
}

/// Opens the pay sheet of a recharge. Calling again is safe.
#[utoipa::path(
    tag = "me", security(("bearer" = [])), params(("id" = RechargeId, Path)),
    responses((status = 200, body = PaymentParamsView), Failures)
)]
#[post("/api/v1/me/recharges/{id}/payment")]
async fn pay(app: web::Data<App>, who: SignedInMember, id: PathId<RechargeId>, _: JsonBody<Nothing>) -> Reply {
    let params = prepay::prepay_recharge(&app, &who.shop, who.member, *id).await?;
    json(&PaymentParamsView::from(params))
}
