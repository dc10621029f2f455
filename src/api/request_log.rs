//! What is written of a request: one line when it is answered, and its id on every line between.
//! Never more of it than method and route: paths, queries and bodies name people and carry secrets.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use kernel::Code;
use tracing::Span;
use tracing_actix_web::{RequestId, RootSpanBuilder};

/// The header that names a request when asking for help.
const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The code a request was refused with, noted where the refusal gets its body.
#[derive(Clone, Copy)]
pub(super) struct RefusedWith(pub Code);

#[derive(Clone, Copy)]
struct Begun(Instant);

/// The span around a request, and the line at its end.
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        request.extensions_mut().insert(Begun(Instant::now()));
        let id = id_of(request).unwrap_or_default();
        // As loud as an error, so that no filter takes the id from a line that is written.
        tracing::error_span!("request", request_id = id)
    }

    fn on_request_end<B: MessageBody>(_: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let Ok(response) = outcome else {
            tracing::error!("a request ended without an answer");
            return;
        };
        let request = response.request();
        let begun = request.extensions().get::<Begun>().copied();
        let refused = response.response().extensions().get::<RefusedWith>().copied();
        tracing::info!(
            method = %request.method(),
            route = request.match_pattern().as_deref().unwrap_or("none"),
            status = response.status().as_u16(),
            code = refused.map(|refused| refused.0.text()),
            ms = begun.map(|begun| begun.0.elapsed().as_secs_f64() * 1000.0),
            "answered"
        );
    }
}

/// The request's id as text.
pub(super) fn id_of(request: &ServiceRequest) -> Option<String> {
    request.extensions().get::<RequestId>().map(ToString::to_string)
}

/// Middleware: tells the caller the request's id, whatever the answer.
pub async fn name_requests(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let id = id_of(&request).and_then(|id| HeaderValue::from_str(&id).ok());
    let mut response = next.call(request).await?;
    if let Some(id) = id {
        response.headers_mut().insert(HEADER, id);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::{Arc, Mutex};

    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, HttpResponse, web};
    use tracing_actix_web::TracingLogger;

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
            .wrap(actix_web::middleware::from_fn(crate::api::problem::render_problems))
            .wrap(actix_web::middleware::from_fn(name_requests))
            .wrap(TracingLogger::<RequestSpan>::new())
            .route("/files/{name}", web::get().to(works))
            .route("/refused", web::get().to(refuses));
        let app = init_service(app).await;
        let answer = call_service(&app, TestRequest::get().uri("/files/secret-name?sig=abc").to_request()).await;
        let id = answer.headers().get(HEADER).unwrap().to_str().unwrap().to_owned();
        call_service(&app, TestRequest::get().uri("/refused").to_request()).await;

        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let [fact, answered, refused] = lines.as_slice() else { panic!("three lines, not {text}") };
        for line in [fact, answered] {
            assert_eq!(line.pointer("/spans/0/request_id").unwrap(), id.as_str(), "{line}");
        }
        assert_eq!(fact["message"], "a fact");
        assert_eq!(fact.pointer("/spans/1/name").unwrap(), "flow");
        let told = ["message", "method", "route", "status"].map(|name| answered[name].to_string());
        assert_eq!(told, ["\"answered\"", "\"GET\"", "\"/files/{name}\"", "200"]);
        assert!(answered["ms"].is_number());
        assert_eq!((&refused["status"], &refused["code"]), (&400.into(), &"validation.failed".into()));
        for secret in ["secret-name", "sig=abc", "13800138000"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
