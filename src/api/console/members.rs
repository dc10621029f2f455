//! The shop's members, as operators see them, and who may no longer come.

use crate::api::routes::Routes;
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use kernel::id::{LeaderId, MemberId, PickupPointId};
use serde::{Deserialize, Serialize};

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, Nothing, PathId, QueryOf, page_request};
use crate::api::fields::Fields;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::members::entity::member;
use crate::areas::members::error::MemberError;
use crate::areas::members::query;
use crate::flows::bans;

pub(super) fn routes(config: &mut Routes) {
    config.service(list_members).service(get_member).service(ban_member).service(unban_member);
}

/// A member, as shown to operators.
#[derive(Serialize, utoipa::ToSchema)]
struct ManagedMember {
    id: MemberId,
    nickname: String,
    avatar: Option<String>,
    /// The phone number with its middle hidden.
    phone: Option<String>,
    pickup_point_id: Option<PickupPointId>,
    /// His latest leader.
    leader_id: Option<LeaderId>,
    /// Whether he ever paid an order.
    has_paid: bool,
    /// Since when he may not come; null where he may.
    banned_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl From<member::Model> for ManagedMember {
    fn from(row: member::Model) -> Self {
        Self {
            id: row.id,
            nickname: row.nickname,
            avatar: row.avatar,
            phone: row.phone_mask,
            pickup_point_id: row.pickup_point_id,
            leader_id: row.leader_id,
            has_paid: row.has_paid,
            banned_at: row.banned_at,
            created_at: row.created_at,
        }
    }
}

/// Which members.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct MembersQuery {
    /// A member's id, his whole phone number, the number as it is shown here, or his nickname.
    #[param(max_length = 64)]
    q: Option<String>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// Members, newest first.
#[utoipa::path(
    tag = "members", security(("session" = [])), params(MembersQuery),
    responses((status = 200, body = ListView<ManagedMember>), Failures)
)]
#[get("/console/api/v1/members")]
async fn list_members(app: web::Data<App>, who: Operator, asked: QueryOf<MembersQuery>) -> Reply {
    let MembersQuery { q, limit, cursor } = asked.0;
    let mut fields = Fields::default();
    let q = fields.line_if("q", q.as_deref(), 64);
    fields.done()?;
    let page = page_request(limit, cursor)?;
    let rows = query::list(app.db.reader(), &app.sealer, who.shop.id, q.as_deref(), &page).await?;
    json(&ListView::from(rows.map(ManagedMember::from)))
}

/// One member.
#[utoipa::path(
    tag = "members", security(("session" = [])), params(("id" = MemberId, Path)),
    responses((status = 200, body = ManagedMember), Failures)
)]
#[get("/console/api/v1/members/{id}")]
async fn get_member(app: web::Data<App>, who: Operator, id: PathId<MemberId>) -> Reply {
    let row = query::by_id(app.db.reader(), who.shop.id, *id).await?.ok_or(MemberError::NotFound)?;
    json(&ManagedMember::from(row))
}

/// Why a member may no longer come.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct BanMember {
    /// For the audit log.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// Shuts a member out: he is signed out at once here, and within 60 seconds everywhere. His orders go on.
#[utoipa::path(
    tag = "members", security(("session" = [])), params(("id" = MemberId, Path)), request_body = BanMember,
    responses((status = 200, body = ManagedMember), Failures)
)]
#[post("/console/api/v1/members/{id}/ban")]
async fn ban_member(app: web::Data<App>, who: Operator, id: PathId<MemberId>, body: JsonBody<BanMember>) -> Reply {
    who.may(Permission::Members)?;
    let mut fields = Fields::default();
    let reason = fields.line("reason", &body.value.reason, 1, 200);
    fields.done()?;
    json(&ManagedMember::from(bans::ban(&app, &who.shop, who.operator, *id, &reason).await?))
}

/// Lets a member come again.
#[utoipa::path(
    tag = "members", security(("session" = [])), params(("id" = MemberId, Path)),
    responses((status = 200, body = ManagedMember), Failures)
)]
#[post("/console/api/v1/members/{id}/unban")]
async fn unban_member(app: web::Data<App>, who: Operator, id: PathId<MemberId>, _: JsonBody<Nothing>) -> Reply {
    who.may(Permission::Members)?;
    json(&ManagedMember::from(bans::unban(&app, &who.shop, who.operator, *id).await?))
}
