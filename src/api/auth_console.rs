//! Who is calling the console: an operator's session cookie, and for writes the proof that the
//! console's own page made the request.

use std::sync::Arc;

use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{FromRequest, HttpRequest};
use futures::future::LocalBoxFuture;
use kernel::Failure;
use kernel::crypto::digest::same;
use kernel::id::{OperatorId, OperatorSessionId, SupplierId};

use super::auth::app_of;
use super::problem::ApiError;
use crate::app::App;
use crate::areas::operators::error::OperatorError;
pub use crate::areas::operators::role::{Permission, Role};
use crate::areas::shops::query::Shop;
use crate::flows;

/// The cookie's name.
pub const COOKIE: &str = "tuanqiao_session";
/// The header of writes.
pub const CSRF_HEADER: &str = "X-CSRF-Token";

/// A signed-in operator; every call that is not a plain read has proven its CSRF token.
#[derive(Clone, Debug)]
pub struct Operator {
    /// The operator's shop.
    pub shop: Arc<Shop>,
    /// The operator.
    pub operator: OperatorId,
    /// What he may do follows from it.
    pub role: Role,
    /// Whose operator, with the role `supplier`.
    pub supplier: Option<SupplierId>,
    /// His name, for people.
    pub username: String,
    /// The session.
    pub session: OperatorSessionId,
    /// The session's CSRF token.
    pub csrf_token: String,
}

impl Operator {
    /// Refuses an operator whose role does not allow what follows.
    pub fn may(&self, permission: Permission) -> Result<(), OperatorError> {
        if self.role.may(permission) { Ok(()) } else { Err(OperatorError::Forbidden(permission)) }
    }
}

impl FromRequest for Operator {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let who = operator_of(&request).await.map_err(ApiError::from)?;
            if who.role == Role::Supplier {
                return Err(kernel::Failure::from(OperatorError::NotForSuppliers).into());
            }
            Ok(who)
        })
    }
}

/// An operator of the shop, or of one of its suppliers: for the few calls that are for both.
#[derive(Clone, Debug)]
pub struct AnyOperator(Operator);

impl AnyOperator {
    /// The operator.
    pub fn operator(&self) -> &Operator {
        &self.0
    }

    /// His shop.
    pub fn shop(&self) -> &Shop {
        &self.0.shop
    }

    /// Whose operator, if a supplier's.
    pub fn supplier(&self) -> Option<SupplierId> {
        self.0.supplier
    }

    /// The supplier to whose things he is confined; `None` when he is the shop's own.
    pub fn confined(&self) -> Result<Option<SupplierId>, OperatorError> {
        match (self.0.role, self.0.supplier) {
            (Role::Supplier, None) => Err(OperatorError::NotForSuppliers),
            (Role::Supplier, supplier) => Ok(supplier),
            _ => Ok(None),
        }
    }

    /// Refuses an operator of another supplier.
    pub fn sees(&self, supplier: SupplierId) -> Result<(), OperatorError> {
        let is_ours = self.0.role != Role::Supplier || self.0.supplier == Some(supplier);
        if is_ours { Ok(()) } else { Err(OperatorError::NotForSuppliers) }
    }
}

impl FromRequest for AnyOperator {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { operator_of(&request).await.map(AnyOperator).map_err(ApiError::from) })
    }
}

async fn operator_of(request: &HttpRequest) -> Result<Operator, Failure> {
    let app = app_of(request)?;
    let cookie = request.cookie(COOKIE).ok_or(OperatorError::NoSession)?;
    let admitted = flows::operators::admit(&app, cookie.value()).await?;
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let given = request.headers().get(CSRF_HEADER).ok_or(OperatorError::Csrf)?;
        if !same(given.as_bytes(), &admitted.csrf_token) {
            return Err(OperatorError::Csrf.into());
        }
    }
    Ok(Operator {
        shop: admitted.shop,
        operator: admitted.operator.id,
        role: admitted.operator.role,
        supplier: admitted.operator.supplier_id,
        username: admitted.operator.username,
        session: admitted.session,
        csrf_token: admitted.csrf_token,
    })
}

/// The session cookie. It ends with the browser; how long the session lives is kept here.
pub(super) fn session_cookie(app: &App, token: String) -> Cookie<'static> {
    Cookie::build(COOKIE, token)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(app.config.server.public_url.starts_with("https:"))
        .finish()
}
