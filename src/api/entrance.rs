//! Middleware: what every request passes on its way in and out, in one pass, since a chain of small
//! steps costs more than a cached answer.
//!
//! In: the address is tidied, HEAD becomes GET, the request gets its id and its span, limits count,
//! and a catalogue read whose answer is at hand goes no further.
//! Out: a refusal gets its body, the answer its id and the headers every answer has, the log its line.

use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CROSS_ORIGIN_OPENER_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use actix_web::http::uri::{PathAndQuery, Uri};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, ResponseError, web};
use tracing::Instrument;

use super::limits::RateLimits;
use super::methods::head_as_get;
use super::problem::{ApiError, rendered};
use super::request_log::{self, RequestId};
use super::storefront::shown;

/// Headers of every answer that does not say otherwise.
const STRICT: [(HeaderName, HeaderValue); 4] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (CROSS_ORIGIN_OPENER_POLICY, HeaderValue::from_static("same-origin")),
];

/// Receives a request and sends its answer off.
pub async fn receive(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let begun = Instant::now();
    tidy(&mut request);
    head_as_get(&mut request);
    let id = RequestId::new();
    request.extensions_mut().insert(id);
    if let Some(too_many) = request.app_data::<web::Data<RateLimits>>().and_then(|limits| limits.over(&request)) {
        let refusal = ApiError::from(too_many).error_response();
        let refuse = || leave(rendered(request.into_response(refusal)), id, begun);
        return Ok(request_log::span(id).in_scope(refuse));
    }
    if let Some((answer, given)) = shown::at_hand(request.request()).await {
        let mut answer = request.into_response(answer);
        complete(answer.headers_mut(), id);
        request_log::note_at_hand(&answer, &given.timer, id, begun);
        return Ok(answer);
    }
    let answered = async move {
        let answer = next.call(request).await.inspect_err(|_| request_log::note_lost())?;
        Ok(leave(rendered(answer.map_into_boxed_body()), id, begun))
    };
    answered.instrument(request_log::span(id)).await
}

fn leave(mut answer: ServiceResponse<BoxBody>, id: RequestId, begun: Instant) -> ServiceResponse<BoxBody> {
    complete(answer.headers_mut(), id);
    request_log::note(&answer, begun);
    answer
}

fn complete(headers: &mut HeaderMap, id: RequestId) {
    for (name, value) in STRICT {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
    if let Ok(id) = id.to_header() {
        headers.insert(request_log::HEADER, id);
    }
}

/// Routes `//api//v1/goods/` as `/api/v1/goods`: what people and proxies make of an address.
fn tidy(request: &mut ServiceRequest) {
    let path = request.path();
    if path.len() < 2 || !(path.ends_with('/') || path.contains("//")) {
        return;
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let tidied = PathAndQuery::try_from(format!("/{}{query}", parts.join("/")));
    let mut uri = request.uri().clone().into_parts();
    // What was an address before is one without a slash too; if not, it is answered as it came.
    if let Some(uri) = tidied.ok().and_then(|tidied| {
        uri.path_and_query = Some(tidied);
        Uri::from_parts(uri).ok()
    }) {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_and_read_body, init_service};
    use actix_web::{App, HttpRequest};

    use super::*;

    #[actix_web::test]
    async fn an_address_is_found_however_many_slashes_it_has() {
        let say = web::to(async |request: HttpRequest| request.uri().to_string());
        let app = App::new().wrap(from_fn(receive)).route("/", web::to(async || "root"));
        let app = init_service(app.route("/a/{b}", say)).await;
        for (sent, seen) in [
            ("/a/b", "/a/b"),
            ("/a/b/", "/a/b"),
            ("//a///b//?q=1//2", "/a/b?q=1//2"),
            ("/a/b%2F/?", "/a/b%2F?"),
            ("/", "root"),
            ("//", "root"),
        ] {
            let body = call_and_read_body(&app, TestRequest::get().uri(sent).to_request()).await;
            assert_eq!(body, seen, "{sent}");
        }
    }
}
