//! The member's own profile.

use chrono::{DateTime, Utc};
use kernel::id::{LeaderId, MemberId, PickupPointId};
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::auth::SignedInMember;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::members::entity::member;
use crate::areas::members::error::MemberError;
use crate::areas::members::query;
use actix_web::{get, web};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(me);
}

/// A member, as shown to himself.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MemberView {
    id: MemberId,
    nickname: String,
    avatar: Option<String>,
    /// The phone number with its middle hidden.
    phone: Option<String>,
    pickup_point_id: Option<PickupPointId>,
    leader_id: Option<LeaderId>,
    created_at: DateTime<Utc>,
}

impl From<&member::Model> for MemberView {
    fn from(member: &member::Model) -> Self {
        Self {
            id: member.id,
            nickname: member.nickname.clone(),
            avatar: member.avatar.clone(),
            phone: member.phone_mask.clone(),
            pickup_point_id: member.pickup_point_id,
            leader_id: member.leader_id,
            created_at: member.created_at,
        }
    }
}

/// The member's profile.
#[utoipa::path(tag = "me", security(("bearer" = [])), responses((status = 200, body = MemberView), Failures))]
#[get("/api/v1/me")]
async fn me(app: web::Data<App>, who: SignedInMember) -> Reply {
    let member = query::by_id(app.db.reader(), who.shop.id, who.member).await?.ok_or(MemberError::TokenInvalid)?;
    json(&MemberView::from(&member))
}
