//! What is written of a request: one line when it is answered, and its id on every line between.
//! Never more of it than method and route: paths, queries and bodies name people and carry secrets.

use std::time::{Duration, Instant};

use actix_web::dev::ServiceResponse;
use actix_web::http::header::{HeaderName, HeaderValue, InvalidHeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpMessage, HttpRequest};
use kernel::Code;
use metrics::{Histogram, SharedString};
use tracing::Span;
use uuid::{Builder, Uuid};

/// The header that names a request when asking for help.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// A read that took longer has its line.
const SLOW: Duration = Duration::from_millis(500);

/// What a request is called.
#[derive(Clone, Copy, Debug)]
pub struct RequestId(Uuid);

/// The code a request was refused with, noted where the refusal gets its body.
#[derive(Clone, Copy)]
pub(super) struct RefusedWith(pub Code);

impl RequestId {
    /// A new one, by the generator of this thread: the system's own would be asked for every request.
    #[expect(clippy::new_without_default, reason = "each is another")]
    pub fn new() -> Self {
        Self(Builder::from_random_bytes(rand::random()).into_uuid())
    }

    pub(super) fn to_header(self) -> Result<HeaderValue, InvalidHeaderValue> {
        HeaderValue::from_str(self.0.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
    }
}

/// The id of a request that was received, as text.
pub(super) fn id_of(request: &HttpRequest) -> Option<String> {
    request.extensions().get::<RequestId>().map(|id| id.0.to_string())
}

/// The span around a request.
pub(super) fn span(id: RequestId) -> Span {
    // As loud as an error, so that no filter takes the id from a line that is written.
    tracing::error_span!("request", request_id = %id.0)
}

/// Counts an answered request and writes its line: a read that went well and soon is for those who
/// look closer, for whatever changed, failed or took long is looked for at night.
pub(super) fn note<B>(answer: &ServiceResponse<B>, begun: Instant) {
    let (request, status, took) = (answer.request(), answer.status(), begun.elapsed());
    let route = request.match_pattern();
    times(request.method(), route.clone(), class(status)).record(took.as_secs_f64());
    let refused = answer.response().extensions().get::<RefusedWith>().copied();
    let route = route.as_deref().unwrap_or("none");
    let (status, code) = (status.as_u16(), refused.map(|refused| refused.0.text()));
    let ms = took.as_secs_f64() * 1000.0;
    if request.method().is_safe() && status < 400 && took < SLOW {
        tracing::debug!(method = %request.method(), route, status, code, ms, "answered");
    } else {
        tracing::info!(method = %request.method(), route, status, code, ms, "answered");
    }
}

/// Counts a read that was answered outside any span, since its answer was at hand.
pub(super) fn note_at_hand<B>(answer: &ServiceResponse<B>, timer: &Histogram, id: RequestId, begun: Instant) {
    tracing::debug!(request_id = %id.0, status = answer.status().as_u16(), "answered at hand");
    timer.record(begun.elapsed().as_secs_f64());
}

/// What times answers that are given again by `request`'s route, whether in full or as known already.
pub(super) fn timer(request: &HttpRequest) -> Histogram {
    times(request.method(), request.match_pattern(), "2xx")
}

fn times(method: &Method, route: Option<String>, class: &'static str) -> Histogram {
    let route = route.map_or("none".into(), SharedString::from);
    metrics::histogram!("http_request_seconds", "method" => known(method), "route" => route, "status" => class)
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        ..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        500.. => "5xx",
    }
}

/// Writes that a request got no answer at all.
pub(super) fn note_lost() {
    tracing::error!("a request ended without an answer");
}

/// The method, unless somebody made it up: labels must be few.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::{Arc, Mutex};

    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, HttpResponse, web};

    use super::*;
    use crate::api::problem::ApiError;
    use crate::platform::telemetry::json_lines;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tracing::instrument(skip_all)]
    async fn flow() {
        tracing::info!("a fact");
    }

    async fn works() -> HttpResponse {
        flow().await;
        HttpResponse::Ok().finish()
    }

    async fn refuses() -> Result<HttpResponse, ApiError> {
        Err(kernel::failure::Invalid::field("phone", "invalid", "13800138000 is not one").into())
    }

    #[actix_web::test]
    async fn a_request_leaves_one_line_and_its_id_on_every_line() {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = json_lines("info".parse().unwrap(), move || writer.clone());
        let _guard = tracing::subscriber::set_default(subscriber);
        let app = App::new()
            .wrap(actix_web::middleware::from_fn(crate::api::entrance::receive))
            .route("/files/{name}", web::post().to(works))
            .route("/read", web::get().to(works))
            .route("/refused", web::get().to(refuses));
        let app = init_service(app).await;
        let answer = call_service(&app, TestRequest::post().uri("/files/secret-name?sig=abc").to_request()).await;
        let id = answer.headers().get(HEADER).unwrap().to_str().unwrap().to_owned();
        call_service(&app, TestRequest::get().uri("/refused").to_request()).await;
        call_service(&app, TestRequest::get().uri("/read").to_request()).await;

        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let [fact, answered, refused, read] = lines.as_slice() else { panic!("four lines, not {text}") };
        // The read that went well has left its fact alone.
        assert_eq!(read["message"], "a fact");
        for line in [fact, answered] {
            assert_eq!(line.pointer("/spans/0/request_id").unwrap(), id.as_str(), "{line}");
        }
        assert_eq!(fact["message"], "a fact");
        assert_eq!(fact.pointer("/spans/1/name").unwrap(), "flow");
        let told = ["message", "method", "route", "status"].map(|name| answered[name].to_string());
        assert_eq!(told, ["\"answered\"", "\"POST\"", "\"/files/{name}\"", "200"]);
        assert!(answered["ms"].is_number());
        assert_eq!((&refused["status"], &refused["code"]), (&400.into(), &"validation.failed".into()));
        for secret in ["secret-name", "sig=abc", "13800138000"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
