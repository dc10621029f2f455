//! Signing in and out.

use crate::api::routes::Routes;
use actix_web::{delete, post, web};
use serde::{Deserialize, Serialize};

use super::members::MemberView;
use crate::api::auth::{NamedShop, SignedInMember};
use crate::api::body::JsonBody;
use crate::api::fields::Fields;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json, no_content};
use crate::app::App;
use crate::areas::members::sessions::Tokens;
use crate::flows;

pub(super) fn routes(config: &mut Routes) {
    config.service(sign_in).service(refresh).service(sign_out);
}

/// What signs in.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SignIn {
    /// What `wx.login` gave; good once, for five minutes.
    #[schema(min_length = 1, max_length = 256)]
    code: String,
    /// A leader's or member's id, as the invitation carried it.
    #[schema(max_length = 64)]
    invited_by: Option<String>,
}

/// A session.
#[derive(Serialize, utoipa::ToSchema)]
struct SessionView {
    /// For `Authorization: Bearer …`.
    access_token: String,
    /// For the next refresh; each is good once.
    refresh_token: String,
    /// Seconds the access token is good.
    expires_in: i64,
    member: MemberView,
}

/// New tokens of a session.
#[derive(Serialize, utoipa::ToSchema)]
struct TokensView {
    access_token: String,
    refresh_token: String,
    /// Seconds the access token is good.
    expires_in: i64,
}

impl From<Tokens> for TokensView {
    fn from(tokens: Tokens) -> Self {
        let Tokens { access_token, refresh_token, expires_in } = tokens;
        Self { access_token, refresh_token, expires_in }
    }
}

/// Signs in with a `wx.login` code; the first time creates the member.
#[utoipa::path(tag = "session", request_body = SignIn, responses((status = 200, body = SessionView), Failures))]
#[post("/api/v1/session")]
async fn sign_in(app: web::Data<App>, shop: NamedShop, body: JsonBody<SignIn>) -> Reply {
    let SignIn { code, invited_by } = body.value;
    let mut fields = Fields::default();
    let code = fields.line("code", &code, 1, 256);
    let invited_by = fields.line_if("invited_by", invited_by.as_deref(), 64);
    fields.done()?;
    let signed_in = flows::session::sign_in(&app, &shop.0, &code, invited_by.as_deref()).await?;
    let Tokens { access_token, refresh_token, expires_in } = signed_in.tokens;
    json(&SessionView { access_token, refresh_token, expires_in, member: (&signed_in.member).into() })
}

/// What refreshes a session.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Refresh {
    #[schema(max_length = 256)]
    refresh_token: String,
}

/// Rotates a session's tokens. The same token within 30 seconds gets the same answer; later the session ends.
#[utoipa::path(tag = "session", request_body = Refresh, responses((status = 200, body = TokensView), Failures))]
#[post("/api/v1/session/refresh")]
async fn refresh(app: web::Data<App>, body: JsonBody<Refresh>) -> Reply {
    json(&TokensView::from(flows::session::refresh(&app, &body.value.refresh_token).await?))
}

/// Signs out.
#[utoipa::path(tag = "session", security(("bearer" = [])), responses((status = 204), Failures))]
#[delete("/api/v1/session")]
async fn sign_out(app: web::Data<App>, who: SignedInMember) -> Reply {
    flows::session::sign_out(&app, &who.shop, who.session).await?;
    no_content()
}
