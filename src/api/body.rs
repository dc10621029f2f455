//! Reading requests: bodies, pages and ids, with the faulty field named.

use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, web};
use futures::StreamExt;
use futures::future::{LocalBoxFuture, Ready, ready};
use kernel::failure::Invalid;
use kernel::page::{LIMIT_DEFAULT, LIMIT_MAX, PageRequest};
use kernel::strict::Strict;
use kernel::{Code, Coded, FieldFault};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::problem::ApiError;
pub use super::query::parse_query;
use crate::app::App;

/// A body that cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// Larger than the limit.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// Not JSON by its own word.
    #[error("the content type must be application/json")]
    NotJson,
    /// The connection broke.
    #[error("the body could not be read")]
    Broken,
    /// A path that names nothing.
    #[error("nothing has this id")]
    NoSuchId,
}

impl Coded for BodyError {
    fn code(&self) -> Code {
        match self {
            BodyError::TooLarge(_) => Code::BodyTooLarge,
            BodyError::NotJson => Code::UnsupportedMediaType,
            BodyError::Broken => Code::ValidationFailed,
            BodyError::NoSuchId => Code::NotFound,
        }
    }
}

/// A JSON body, typed; its hash tells two bodies under one idempotency key apart.
pub struct JsonBody<T> {
    /// What was sent.
    pub value: T,
    /// SHA-256 of the bytes, hex.
    pub hash: String,
}

impl<T: DeserializeOwned + 'static> FromRequest for JsonBody<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move {
            let limit = request.app_data::<web::Data<App>>().map_or(65_536, |app| app.config.limits.json_body_bytes);
            let is_json = request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).is_some_and(|kind| {
                let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
                kind == "application/json" || kind.ends_with("+json")
            });
            let bytes = read_all(payload, limit).await?;
            if !is_json && !bytes.is_empty() {
                return Err(BodyError::NotJson.into());
            }
            Ok(Self { value: parse(&bytes)?, hash: sha256(&bytes) })
        })
    }
}

/// The bytes of a body, at most `limit`.
pub async fn read_all(mut payload: Payload, limit: usize) -> Result<Vec<u8>, BodyError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| BodyError::Broken)?;
        if bytes.len() + chunk.len() > limit {
            return Err(BodyError::TooLarge(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// SHA-256 in hex.
pub fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    hex::encode(sha2::Sha256::digest(bytes))
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Invalid> {
    // A call without a body is a call with an empty object: every field may then be left out.
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    let fault = |error: serde_path_to_error::Error<serde_json::Error>| {
        let path = error.path().to_string();
        invalid(if path == "." { "body".to_owned() } else { path }, &error.into_inner().to_string())
    };
    let reader = &mut serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut *reader).map_err(fault)?;
    reader.end().map_err(|error| invalid("body".to_owned(), &error.to_string()))?;
    if !bytes.contains(&b'[') {
        return Ok(value);
    }
    // Only where there is a list can one stand in an object's place. The first reading refuses what
    // a tree of values would hide, such as a name given twice.
    let tree = serde_json::from_slice(bytes).map_err(|error| invalid("body".to_owned(), &error.to_string()))?;
    serde_path_to_error::deserialize(Strict(tree)).map_err(fault)
}

/// The body of a call that needs none: left out, or an empty object.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// The fault of a field, told by serde.
pub(super) fn invalid(field: String, message: &str) -> Invalid {
    let code = if message.contains("missing field") {
        "required"
    } else if message.contains("unknown field") {
        "unknown"
    } else {
        "invalid"
    };
    Invalid::field(field, code, message)
}

/// The query string, typed.
pub struct QueryOf<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for QueryOf<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse_query(request.query_string()).map(Self).map_err(ApiError::from))
    }
}

/// The id in a path; an id of another kind names nothing.
pub struct PathId<T>(pub T);

impl<T: std::str::FromStr + 'static> FromRequest for PathId<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().iter().next().and_then(|(_, text)| text.parse().ok());
        ready(id.map(Self).ok_or_else(|| BodyError::NoSuchId.into()))
    }
}

impl<T> Deref for PathId<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

/// `?limit=` and `?cursor=` of a list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    pub cursor: Option<String>,
}

/// Checks a list's limit.
pub fn page_request(limit: Option<u64>, cursor: Option<String>) -> Result<PageRequest, Invalid> {
    let limit = limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Invalid::field("limit", "out_of_range", "1 to 100"));
    }
    Ok(PageRequest { limit, cursor })
}

impl PageQuery {
    /// The checked request.
    pub fn checked(self) -> Result<PageRequest, Invalid> {
        page_request(self.limit, self.cursor)
    }
}

/// What is wrong with a text of `min` to `max` characters, if anything. Control characters other
/// than line breaks are refused: one of the databases cannot store a NUL.
pub fn text_fault(field: &str, text: &str, min: usize, max: usize) -> Option<FieldFault> {
    let length = text.chars().count();
    if length < min {
        return Some(FieldFault::new(field, "too_short", format!("at least {min} characters")));
    }
    if length > max {
        return Some(FieldFault::new(field, "too_long", format!("at most {max} characters")));
    }
    let forbidden = text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    forbidden.then(|| FieldFault::new(field, "invalid", "control characters are not accepted"))
}
