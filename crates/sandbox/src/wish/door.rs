//! The door of the API: token, limit, and the way to the call.

use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde_json::json;

use super::{Call, Refusal, Reply, auth, hooks, orders, products};
use crate::clock::rfc3339_utc_millis;
use crate::crypto;
use crate::faults::Verdict;
use crate::rest::bucket::{POINT, Rate};
use crate::rest::fields::Fields;
use crate::state::SandboxState;
use crate::stores::{GrantRefused, StorePlatform, StoreRef};

/// Calls of a merchant through an application.
const RATE: Rate = Rate::points(60, 20);

type Serve = fn(&Call<'_>, &str) -> Reply;

fn find<'a>(method: &str, path: &[&'a str]) -> Option<(Serve, &'a str)> {
    Some(match (method, path) {
        ("GET", ["oauth", "test"]) => (auth::test, ""),
        ("GET", ["products"]) => (products::list, ""),
        ("GET", ["products", id]) => (products::one, id),
        ("PUT", ["products", id]) => (products::update, id),
        ("GET", ["orders"]) => (orders::list, ""),
        ("GET", ["orders", id]) => (orders::one, id),
        ("PUT", ["orders", id, "tracking"]) => (orders::tracking, id),
        ("GET", ["webhook", "topics"]) => (hooks::topics, ""),
        _ => return None,
    })
}

/// Every call but those for tokens.
pub(super) async fn door(state: Data<SandboxState>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let mut left = None;
    let outcome = serve(&state, &request, &body, &mut left);
    let (status, answer, verdict) = match outcome {
        Ok(data) => (StatusCode::OK, json!({"message": "", "code": 0, "data": data}), "ok".to_owned()),
        Err(Refusal(status, code, message)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
            (status, json!({"message": message, "code": code, "data": {}}), code.to_string())
        }
    };
    let mut response = HttpResponse::build(status);
    response.insert_header(("Wish-Request-Id", crypto::random_text(24).to_lowercase()));
    if let Some(left) = left {
        response.insert_header(("Wish-Rate-Limit-Remaining", (left / POINT).to_string()));
        // The next second begins with calls again.
        let reset = rfc3339_utc_millis(state.clock().wall() + 1);
        response.insert_header(("Wish-Rate-Limit-Reset", reset));
    }
    let mut response = response.json(answer);
    response.extensions_mut().insert(Verdict(verdict));
    response
}

fn serve(state: &SandboxState, request: &HttpRequest, body: &[u8], left: &mut Option<i64>) -> Reply {
    let path: Vec<&str> = request.path().trim_start_matches("/wish/api/v3/").split('/').collect();
    let of = holder(state, request)?;
    let drawn = state.draw(&format!("wish/{}", of.seller), RATE, POINT);
    *left = Some(drawn.unwrap_or(0));
    if drawn.is_err() || state.count_store_call(StorePlatform::Wish).is_err() {
        return Err(Refusal(429, 1_005, "Too many requests".to_owned()));
    }
    let gone = || Refusal(404, 1_000, "The endpoint does not exist".to_owned());
    let (run, piece) = find(request.method().as_str(), &path).ok_or_else(gone)?;
    if request.method() == "PUT" && request.content_type() != "application/json" {
        return Err(Refusal(415, 90_001, "JSON is expected".to_owned()));
    }
    let query = Fields::read(request.query_string().as_bytes()).map_err(|name| Refusal::parameter(&name))?;
    run(&Call { state, of, query, body }, piece)
}

/// Whose token it is.
fn holder(state: &SandboxState, request: &HttpRequest) -> Result<StoreRef, Refusal> {
    let token = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = token.and_then(|value| value.strip_prefix("Bearer "));
    let missing = || Refusal(401, 1_012, "Missing access token in authorization header".to_owned());
    let world = state.world();
    let grant = world.stores.grants.by_access(StorePlatform::Wish, token.ok_or_else(missing)?, state.clock().wall());
    match grant {
        Ok(grant) => Ok(grant.store.clone()),
        Err(GrantRefused::Expired) => Err(Refusal(401, 1_007, "The access token has expired".to_owned())),
        Err(_) => Err(Refusal(401, 1_008, "The access token was revoked".to_owned())),
    }
}
