//! A member's balance and points, as operators see and adjust them.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use kernel::Fen;
use kernel::id::{AdjustmentId, MemberId};
use serde::{Deserialize, Serialize};

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, PathId, QueryOf, page_request};
use crate::api::fields::Fields;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::api::storefront::balance::{BalanceEntriesQuery, BalanceEntryView, BalanceView};
use crate::app::App;
use crate::areas::ledger::statement;
use crate::areas::members::error::MemberError;
use crate::areas::members::query;
use crate::flows::member_money::{self as flow, ACCOUNTS, Adjusted, Wish};

/// The most one adjustment can move, in fen or points: far above any ceiling of a shop.
const MOST: i64 = 100_000_000;

pub(super) fn routes(config: &mut Routes) {
    config.service(member_balance).service(member_entries).service(adjust);
}

/// A member's balance and points.
#[utoipa::path(
    tag = "members", security(("session" = [])), params(("id" = MemberId, Path)),
    responses((status = 200, body = BalanceView), Failures)
)]
#[get("/console/api/v1/members/{id}/balance")]
async fn member_balance(app: web::Data<App>, who: Operator, id: PathId<MemberId>) -> Reply {
    let conn = app.db.reader();
    query::by_id(conn, who.shop.id, *id).await?.ok_or(MemberError::NotFound)?;
    json(&BalanceView::from(flow::balance(conn, who.shop.id, *id).await?))
}

/// What moved a member's balance and points, newest first.
#[utoipa::path(
    tag = "members", security(("session" = [])), params(("id" = MemberId, Path), BalanceEntriesQuery),
    responses((status = 200, body = ListView<BalanceEntryView>), Failures)
)]
#[get("/console/api/v1/members/{id}/balance/entries")]
async fn member_entries(
    app: web::Data<App>,
    who: Operator,
    id: PathId<MemberId>,
    asked: QueryOf<BalanceEntriesQuery>,
) -> Reply {
    let BalanceEntriesQuery { limit, cursor } = asked.0;
    let (conn, page) = (app.db.reader(), page_request(limit, cursor)?);
    query::by_id(conn, who.shop.id, *id).await?.ok_or(MemberError::NotFound)?;
    let rows = statement::of_party(conn, who.shop.id, &ACCOUNTS, id.uuid(), &page).await?;
    json(&ListView::from(rows.map(BalanceEntryView::from)))
}

/// A change of what a member has, by differences.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AdjustBalance {
    /// Balance to give, or below zero to take; of the part that is a gift, since nobody paid it in.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = -100_000_000, maximum = 100_000_000)]
    gift_fen: Fen,
    /// Points to give, or below zero to take.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = -100_000_000, maximum = 100_000_000)]
    points: i64,
    /// Why; the member reads it too.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// An adjustment, and what the member has after it.
#[derive(Serialize, utoipa::ToSchema)]
struct AdjustmentView {
    id: AdjustmentId,
    member_id: MemberId,
    gift_fen: Fen,
    points: i64,
    reason: String,
    created_at: DateTime<Utc>,
    balance: BalanceView,
}

fn view(done: &Adjusted) -> AdjustmentView {
    let row = &done.row;
    AdjustmentView {
        id: row.id,
        member_id: row.member_id,
        gift_fen: row.gift_fen,
        points: row.points,
        reason: row.reason.clone(),
        created_at: row.created_at,
        balance: BalanceView::from(done.balance),
    }
}

/// Gives a member balance or points, or takes them away; never below zero, nor above the shop's ceiling.
#[utoipa::path(
    tag = "members", security(("session" = [])), request_body = AdjustBalance,
    params(("id" = MemberId, Path), ("Idempotency-Key" = String, Header, description = "Required")),
    responses((status = 201, body = AdjustmentView), Failures)
)]
#[post("/console/api/v1/members/{id}/balance/adjustments")]
async fn adjust(
    app: web::Data<App>,
    who: Operator,
    id: PathId<MemberId>,
    key: IdempotencyKey,
    body: JsonBody<AdjustBalance>,
) -> Reply {
    who.may(Permission::Members)?;
    let key = key.required()?;
    let AdjustBalance { gift_fen, points, reason } = body.value;
    let mut fields = Fields::default();
    let reason = fields.line("reason", &reason, 1, 200);
    fields.need((-MOST..=MOST).contains(&gift_fen.fen()), "gift_fen", "-100000000 to 100000000");
    fields.need((-MOST..=MOST).contains(&points), "points", "-100000000 to 100000000");
    if gift_fen == Fen::ZERO && points == 0 {
        fields.fault("gift_fen", "required", "gift_fen or points, not both zero");
    }
    fields.done()?;
    let wish = Wish { gift: gift_fen, points, reason };
    let work = async |once: &_| flow::adjust(&app, &who.shop, who.operator, *id, &wish, once).await;
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::CREATED, view, work).await
}
