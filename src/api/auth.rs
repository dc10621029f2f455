//! Who is calling. Each kind of caller is an extractor, so that a handler cannot forget to ask.

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures::future::{LocalBoxFuture, Ready, ready};
use kernel::id::{MemberId, SessionId};
use kernel::{Code, Coded, Failure};

use super::problem::ApiError;
use crate::app::App;
use crate::areas::leaders;
use crate::areas::members::tokens::{self, Claims};
use crate::areas::pickup;
use crate::areas::shops::query::Shop;

/// Why a caller is not let in.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// No token.
    #[error("the request carries no access token")]
    Required,
    /// Signed out, banned, or of another shop.
    #[error("the token is no longer good")]
    Revoked,
    /// Not a leader.
    #[error("the member is not an approved leader")]
    NotALeader,
    /// Neither a leader nor a verifier.
    #[error("the member may not redeem")]
    NotAVerifier,
    /// The server is not wired up.
    #[error("the application state is missing")]
    NoApp,
}

impl Coded for AuthError {
    fn code(&self) -> Code {
        match self {
            AuthError::Required => Code::AuthRequired,
            AuthError::Revoked => Code::AuthInvalid,
            AuthError::NotALeader | AuthError::NotAVerifier => Code::LeaderRequired,
            AuthError::NoApp => Code::Internal,
        }
    }
}

/// The application of a request.
pub fn app_of(request: &HttpRequest) -> Result<web::Data<App>, AuthError> {
    request.app_data::<web::Data<App>>().cloned().ok_or(AuthError::NoApp)
}

/// The token of `Authorization: Bearer …`; the scheme's name has no case (RFC 9110 §11.1).
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start())
}

/// The shop that `X-App-Id` names, or the only one: whoever signs in may still carry an old token,
/// and it says nothing.
pub struct NamedShop(pub Arc<Shop>);

impl FromRequest for NamedShop {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(named_shop(request).map(Self).map_err(ApiError::from))
    }
}

fn named_shop(request: &HttpRequest) -> Result<Arc<Shop>, Failure> {
    let app = app_of(request)?;
    let appid = request.headers().get("X-App-Id").and_then(|value| value.to_str().ok());
    Ok(app.shops.by_appid(appid)?)
}

/// A member with a good access token, checked without a database read.
#[derive(Clone, Debug)]
pub struct SignedInMember {
    /// The member's shop.
    pub shop: Arc<Shop>,
    /// The member.
    pub member: MemberId,
    /// The session.
    pub session: SessionId,
}

impl FromRequest for SignedInMember {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(signed_in(request).map_err(ApiError::from))
    }
}

/// What the call's access token says: its signature is checked once a request, whoever asks.
pub(super) fn claims_of(request: &HttpRequest) -> Result<Claims, Failure> {
    if let Some(known) = request.extensions().get::<Claims>() {
        return Ok(*known);
    }
    let app = app_of(request)?;
    let token = bearer(request.headers()).ok_or(AuthError::Required)?;
    let claims = tokens::open_access(&app.sealer, token, app.clock.wall())?;
    request.extensions_mut().insert(claims);
    Ok(claims)
}

fn signed_in(request: &HttpRequest) -> Result<SignedInMember, Failure> {
    let claims = claims_of(request)?;
    let app = app_of(request)?;
    let shop = app.shops.by_id(claims.shop).map_err(|_| AuthError::Revoked)?;
    let appid = request.headers().get("X-App-Id").and_then(|value| value.to_str().ok());
    let other_shop = appid.is_some_and(|appid| appid != shop.appid);
    if other_shop || !app.barred.admits(claims.session, claims.member) {
        return Err(AuthError::Revoked.into());
    }
    Ok(SignedInMember { shop, member: claims.member, session: claims.session })
}

/// Somebody who looks around, signed in or not. A token that is no longer good makes a visitor of
/// its bearer, since these calls are open to anybody.
pub struct Visitor {
    /// The shop, by a good token, else by `X-App-Id`.
    pub shop: Arc<Shop>,
    /// The member, if the call carries a good token.
    pub member: Option<MemberId>,
}

impl FromRequest for Visitor {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(visitor_of(request).map_err(ApiError::from))
    }
}

/// Who looks around with this request.
pub(super) fn visitor_of(request: &HttpRequest) -> Result<Visitor, Failure> {
    match signed_in(request) {
        Ok(who) => Ok(Visitor { shop: who.shop, member: Some(who.member) }),
        Err(_) => named_shop(request).map(|shop| Visitor { shop, member: None }),
    }
}

/// An approved leader, read from the database at each call; a frozen one is let in to look.
#[derive(Clone, Debug)]
pub struct SignedInLeader {
    /// The shop.
    pub shop: Arc<Shop>,
    /// The leader as a member.
    pub member: MemberId,
    /// The leader.
    pub leader: leaders::entity::leader::Model,
}

impl FromRequest for SignedInLeader {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let who = signed_in(&request)?;
            let app = app_of(&request)?;
            let leader = leaders::query::of_member(app.db.reader(), who.shop.id, who.member).await?;
            let leader = leader.ok_or(AuthError::NotALeader)?;
            Ok(Self { shop: who.shop, member: who.member, leader })
        })
    }
}

/// A member who may redeem: a leader for himself, or one of his verifiers.
#[derive(Clone, Debug)]
pub struct SignedInVerifier {
    /// The shop.
    pub shop: Arc<Shop>,
    /// Who redeems.
    pub member: MemberId,
    /// For which leaders: himself, the one he verifies for, or both.
    pub leaders: Vec<kernel::id::LeaderId>,
}

impl FromRequest for SignedInVerifier {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let who = signed_in(&request)?;
            let app = app_of(&request)?;
            let conn = app.db.reader();
            let own = leaders::query::of_member(conn, who.shop.id, who.member).await?.map(|leader| leader.id);
            let other = pickup::query::verifies_for(conn, who.shop.id, who.member).await?;
            let leaders: Vec<_> = own.into_iter().chain(other).collect();
            if leaders.is_empty() {
                return Err(AuthError::NotAVerifier.into());
            }
            Ok(Self { shop: who.shop, member: who.member, leaders })
        })
    }
}
