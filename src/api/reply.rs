//! Answering: plain JSON, answers kept under an idempotency key, and cacheable reads.

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_ENCODING, AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, Encoding, Header,
    HeaderValue, IF_NONE_MATCH, VARY,
};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use futures::future::{Ready, ready};
use kernel::failure::Invalid;
use kernel::id::ShopId;
use serde::Serialize;

use super::body::sha256;
use super::problem::ApiError;
use crate::app::{App, Rendered};
use crate::platform::request_keys::{Begun, KeyError, Once, Scope, Slot, Stored};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// Kept by the caller, asked about each time.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// What handlers answer.
pub type Reply = Result<HttpResponse, ApiError>;

/// The `Idempotency-Key` header and the route it was sent to.
pub struct IdempotencyKey {
    key: Option<String>,
    route: String,
}

impl FromRequest for IdempotencyKey {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let key = request.headers().get("Idempotency-Key").map(|value| value.to_str().map(str::to_owned)).transpose();
        // A key that cannot be read must not pass for none: the caller counts on it.
        let key = key.map_err(|_| Invalid::field("Idempotency-Key", "invalid", "printable ASCII alone").into());
        let route = format!("{} {}", request.method(), request.path());
        ready(key.map(|key| Self { key, route }))
    }
}

impl IdempotencyKey {
    /// The same, refused when the header is missing: for calls that create or move money or stock.
    pub fn required(self) -> Result<Self, KeyError> {
        if self.key.is_some() { Ok(self) } else { Err(KeyError::Required) }
    }

    /// Runs `work` once a key: an answered key gets its first answer again, byte for byte.
    ///
    /// `work` must keep its result with [`Once::keep`] inside its transaction. The answer has
    /// `status` and the body `view` makes of the result.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a fact of the call; a struct would be spelled out at every handler"
    )]
    pub async fn once<T: 'static, V: Serialize>(
        self,
        app: &App,
        shop: ShopId,
        caller: impl ToString,
        body_hash: &str,
        status: StatusCode,
        view: impl Fn(&T) -> V + 'static,
        work: impl AsyncFnOnce(&Once<T>) -> Result<T, kernel::Failure>,
    ) -> Reply {
        let slot = match self.key {
            None => Slot::without_key(),
            Some(key) => {
                let scope = Scope { shop, caller: caller.to_string(), route: self.route, key };
                match app.request_keys.begin(&app.db, scope, body_hash.to_owned()).await? {
                    Begun::Answered(stored) => return Ok(again(stored)),
                    Begun::Fresh(slot) => slot,
                }
            }
        };
        let once = slot.once(status.as_u16(), view);
        match work(&once).await {
            Ok(value) => Ok(again(Stored { status: once.status(), body: once.body(&value)? })),
            Err(failure) => Ok(again(once.refused(&app.db, failure).await?)),
        }
    }
}

fn again(stored: Stored) -> HttpResponse {
    let status = StatusCode::from_u16(stored.status).unwrap_or(StatusCode::OK);
    if status == StatusCode::NO_CONTENT {
        return HttpResponse::NoContent().finish();
    }
    HttpResponse::build(status).insert_header((CONTENT_TYPE, "application/json")).body(stored.body)
}

/// `200` with JSON.
pub fn json<T: Serialize>(value: &T) -> Reply {
    Ok(HttpResponse::Ok().json(value))
}

/// `204`.
pub fn no_content() -> Reply {
    Ok(HttpResponse::NoContent().finish())
}

/// A read with its `ETag`, packed for whoever takes it so; or `304` when the caller has it already.
pub fn cacheable(request: &HttpRequest, answer: &Rendered) -> HttpResponse {
    let etag = answer.etag.to_str().unwrap_or_default();
    let known = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_same = |tag: &str| tag.trim() == "*" || opaque(tag) == opaque(etag);
    let fresh = known.is_some_and(|list| list.split(',').any(is_same));
    let mut response = if fresh { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((ETAG, answer.etag.clone())).insert_header((CACHE_CONTROL, PRIVATE));
    if fresh {
        return response.finish();
    }
    response.insert_header((CONTENT_TYPE, JSON));
    match takes_gzip(request).then(|| answer.gzip()).flatten() {
        Some(packed) => {
            response.insert_header((CONTENT_ENCODING, "gzip")).insert_header((VARY, "accept-encoding")).body(packed)
        }
        None => response.body(answer.body.clone()),
    }
}

/// Whether the caller accepts a body in gzip, by his own word.
pub fn takes_gzip(request: &HttpRequest) -> bool {
    let accepted = request.headers().contains_key(ACCEPT_ENCODING).then(|| AcceptEncoding::parse(request).ok());
    accepted.flatten().and_then(|accepted| accepted.negotiate([Encoding::gzip()].iter())) == Some(Encoding::gzip())
}

/// The `ETag` of a body: a weak one, because the same body goes out in several encodings.
pub fn etag_of(body: &[u8]) -> HeaderValue {
    let tag = format!("W/\"{}\"", sha256(body).get(..32).unwrap_or_default());
    HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("W/\"\""))
}

fn opaque(tag: &str) -> &str {
    tag.trim().trim_start_matches("W/")
}
