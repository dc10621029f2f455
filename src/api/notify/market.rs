//! What marketplaces push: `POST|GET /notify/market/{platform}/{account_id}`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use kernel::{Code, Coded};
use serde_json::json;
use url::form_urlencoded;

use crate::api::body::read_all;
use crate::api::problem::status_of;
use crate::app::App;
use crate::flows::stores::notices::{Pushed, Refused, heard};

/// An order with all its lines is some hundred kilobytes at most.
const BODY_MAX: usize = 1024 * 1024;

/// A question that proves the address.
#[get("/notify/market/{platform}/{account_id}")]
pub(super) async fn asked(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    take(&app, &request, &path, &[]).await
}

/// A message.
#[post("/notify/market/{platform}/{account_id}")]
pub(super) async fn pushed(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    body: web::Payload,
) -> HttpResponse {
    match read_all(body.into_inner(), BODY_MAX).await {
        Ok(body) => take(&app, &request, &path, &body).await,
        Err(error) => refusal(status_of(error.code())),
    }
}

async fn take(app: &App, request: &HttpRequest, path: &(String, String), body: &[u8]) -> HttpResponse {
    let query: Vec<(String, String)> = form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
    let text = |value: &actix_web::http::header::HeaderValue| value.to_str().ok().map(str::to_owned);
    let headers: Vec<(String, String)> = request
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_ascii_lowercase(), text(value)?)))
        .collect();
    let (marketplace, account) = path;
    // HEAD is routed as GET; a platform signs neither.
    let method = request.method().as_str();
    let message = Pushed { marketplace, account, method, query: &query, headers: &headers, body };
    let (outcome, response) = match heard(app, &message).await {
        Ok(answer) => {
            let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
            ("taken", HttpResponse::build(status).content_type(answer.content_type).body(answer.body))
        }
        Err(Refused::NoSuchAddress) => ("no_such_address", refusal(StatusCode::NOT_FOUND)),
        Err(Refused::NotTheirs(status)) => {
            tracing::warn!(marketplace, "a message that the marketplace has not signed was refused");
            ("not_theirs", refusal(StatusCode::from_u16(status).unwrap_or(StatusCode::UNAUTHORIZED)))
        }
        Err(Refused::Unreadable) => ("unreadable", refusal(StatusCode::BAD_REQUEST)),
        Err(Refused::Later(failure)) => {
            tracing::error!(marketplace, %failure, "a marketplace's message could not be taken; it comes again");
            let ours = matches!(failure.code(), Code::Internal | Code::Busy);
            ("later", refusal(if ours { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::SERVICE_UNAVAILABLE }))
        }
    };
    metrics::counter!("store_messages_total", "outcome" => outcome).increment(1);
    response
}

/// One answer to everything that is not taken: which check failed is for our log alone.
fn refusal(status: StatusCode) -> HttpResponse {
    HttpResponse::build(status).json(json!({ "code": "FAIL", "message": "refused" }))
}
