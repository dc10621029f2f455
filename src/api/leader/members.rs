//! The members a leader has pulled in.

use crate::api::routes::Routes;
use actix_web::{get, web};
use chrono::{DateTime, Utc};
use kernel::id::MemberId;
use serde::Serialize;

use crate::api::auth::SignedInLeader;
use crate::api::body::{PageQuery, QueryOf};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::members::entity::member;
use crate::areas::members::query;

pub(super) fn routes(config: &mut Routes) {
    config.service(leader_members);
}

/// A member, as shown to his leader.
#[derive(Serialize, utoipa::ToSchema)]
struct LedMember {
    id: MemberId,
    nickname: String,
    avatar: Option<String>,
    /// The phone number with its middle hidden.
    phone: Option<String>,
    /// Whether he ever paid an order.
    has_paid: bool,
    created_at: DateTime<Utc>,
}

impl From<member::Model> for LedMember {
    fn from(row: member::Model) -> Self {
        Self {
            id: row.id,
            nickname: row.nickname,
            avatar: row.avatar,
            phone: row.phone_mask,
            has_paid: row.has_paid,
            created_at: row.created_at,
        }
    }
}

/// The members whose latest leader this is, newest first.
#[utoipa::path(
    tag = "leader", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, body = ListView<LedMember>), Failures)
)]
#[get("/api/v1/leader/members")]
async fn leader_members(app: web::Data<App>, who: SignedInLeader, page: QueryOf<PageQuery>) -> Reply {
    let page = page.0.checked()?;
    let rows = query::of_leader(app.db.reader(), who.shop.id, who.leader.id, &page).await?;
    json(&ListView::from(rows.map(LedMember::from)))
}
