//! A token endpoint's answer in the form of RFC 6749, section 5.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

use crate::faults::Verdict;

/// Why no token is given: HTTP status, error code and words.
pub(crate) struct Denied<W = &'static str>(pub(crate) u16, pub(crate) &'static str, pub(crate) W);

/// The tokens, or why there are none.
pub(crate) fn told<W: Serialize>(outcome: Result<Value, Denied<W>>) -> HttpResponse {
    let (mut response, verdict) = match outcome {
        Ok(answer) => (HttpResponse::Ok().json(answer), "ok"),
        Err(Denied(status, code, description)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
            (HttpResponse::build(status).json(json!({"error": code, "error_description": description})), code)
        }
    };
    response.extensions_mut().insert(Verdict(verdict.to_owned()));
    response
}
