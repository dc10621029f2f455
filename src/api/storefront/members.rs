//! The member's own profile.

use crate::api::routes::Routes;
use chrono::{DateTime, Utc};
use kernel::id::{LeaderId, MemberId, PickupPointId};
use serde::{Deserialize, Serialize};

use crate::api::auth::SignedInMember;
use crate::api::body::JsonBody;
use crate::api::fields::Fields;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::members::entity::member;
use crate::areas::members::error::MemberError;
use crate::areas::members::query;
use crate::areas::members::service::ProfileChange;
use crate::flows;
use actix_web::{get, patch, post, put, web};

pub(super) fn routes(config: &mut Routes) {
    config.service(me).service(patch_me).service(put_me).service(set_phone).service(choose_pickup_point);
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

/// What a member changes of his profile; what is left out stays.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeMe {
    #[schema(min_length = 1, max_length = 32)]
    nickname: Option<String>,
    /// A picture's address; empty takes the picture away.
    #[schema(max_length = 512)]
    avatar: Option<String>,
}

/// Changes the profile.
#[utoipa::path(
    tag = "me", security(("bearer" = [])), request_body = ChangeMe,
    responses((status = 200, body = MemberView), Failures)
)]
#[patch("/api/v1/me")]
async fn patch_me(app: web::Data<App>, who: SignedInMember, body: JsonBody<ChangeMe>) -> Reply {
    change_me(app, who, body.value).await
}

/// Changes the profile, for clients without PATCH.
#[utoipa::path(
    tag = "me", security(("bearer" = [])), request_body = ChangeMe,
    responses((status = 200, body = MemberView), Failures)
)]
#[put("/api/v1/me")]
async fn put_me(app: web::Data<App>, who: SignedInMember, body: JsonBody<ChangeMe>) -> Reply {
    change_me(app, who, body.value).await
}

async fn change_me(app: web::Data<App>, who: SignedInMember, asked: ChangeMe) -> Reply {
    let mut fields = Fields::default();
    let nickname = asked.nickname.map(|given| fields.line("nickname", &given, 1, 32));
    let avatar = asked.avatar.map(|given| fields.picture_if("avatar", Some(&given)));
    fields.done()?;
    let change = ProfileChange { nickname, avatar };
    json(&MemberView::from(&flows::members::change_profile(&app, &who.shop, who.member, change).await?))
}

/// What carries a phone number.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PhoneCode {
    /// What the phone button gave; good once, for five minutes. Not the login code.
    #[schema(min_length = 1, max_length = 256)]
    code: String,
}

/// Keeps the phone number that WeChat gives for the code.
#[utoipa::path(
    tag = "me", security(("bearer" = [])), request_body = PhoneCode,
    responses((status = 200, body = MemberView), Failures)
)]
#[post("/api/v1/me/phone")]
async fn set_phone(app: web::Data<App>, who: SignedInMember, body: JsonBody<PhoneCode>) -> Reply {
    let mut fields = Fields::default();
    let code = fields.line("code", &body.value.code, 1, 256);
    fields.done()?;
    json(&MemberView::from(&flows::members::set_phone(&app, &who.shop, who.member, &code).await?))
}

/// A choice of pickup point.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ChosenPoint {
    pickup_point_id: PickupPointId,
}

/// Makes an open pickup point the member's current one; its leader becomes his leader.
#[utoipa::path(
    tag = "me", security(("bearer" = [])), request_body = ChosenPoint,
    responses((status = 200, body = MemberView), Failures)
)]
#[put("/api/v1/me/pickup-point")]
async fn choose_pickup_point(app: web::Data<App>, who: SignedInMember, body: JsonBody<ChosenPoint>) -> Reply {
    let point = body.value.pickup_point_id;
    json(&MemberView::from(&flows::members::choose_pickup_point(&app, &who.shop, who.member, point).await?))
}
