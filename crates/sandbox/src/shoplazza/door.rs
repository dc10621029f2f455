//! The door of the API: version, token, right, limit, and the way to the call.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::{Call, Refusal, Reply, auth, goods, hooks, orders};
use crate::faults::Verdict;
use crate::rest::bucket::{POINT, Rate};
use crate::rest::fields::Fields;
use crate::state::SandboxState;
use crate::stores::{StorePlatform, StoreRef};

/// Calls of an application in a store.
const RATE: Rate = Rate::points(40, 2);

/// Versions whose lists go by cursor and whose answers have a wrapper.
const VERSIONS: [&str; 3] = ["2025-06", "2026-01", "2026-07"];

type Serve = fn(&Call<'_>, &str) -> Reply;

/// The call at a path, with the right it asks for and the one piece of the path that varies.
fn find<'a>(method: &str, path: &[&'a str]) -> Option<(Serve, &'static str, &'a str)> {
    Some(match (method, path) {
        ("GET", ["products"]) => (goods::list, "read_product", ""),
        ("GET", ["products", id]) => (goods::one, "read_product", id),
        ("PUT", ["variants", id]) => (goods::update, "write_inventory", id),
        ("GET", ["orders"]) => (orders::list, "read_order", ""),
        ("GET", ["orders", id]) => (orders::one, "read_order", id),
        ("POST", ["orders", id, "fulfillments"]) => (orders::fulfil, "write_order", id),
        ("GET", ["webhooks"]) => (hooks::list, "", ""),
        ("POST", ["webhooks"]) => (hooks::add, "", ""),
        _ => return None,
    })
}

/// Every call of the API.
pub(super) async fn door(state: Data<SandboxState>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let (status, answer, verdict) = match serve(&state, &request, &body) {
        Ok(data) => (StatusCode::OK, json!({"code": "Success", "message": "", "data": data}), "ok"),
        Err(Refusal(status, code, message)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
            (status, json!({"code": code, "message": message, "data": Value::Null}), code)
        }
    };
    let mut response = HttpResponse::build(status).json(answer);
    response.extensions_mut().insert(Verdict(verdict.to_owned()));
    response
}

fn serve(state: &SandboxState, request: &HttpRequest, body: &[u8]) -> Reply {
    let path: Vec<&str> = request.path().trim_start_matches("/shoplazza/openapi/").split('/').collect();
    let Some((version, path)) = path.split_first().filter(|(version, _)| VERSIONS.contains(version)) else {
        return Err(Refusal(404, "VersionNotFound", "the version is not served".to_owned()));
    };
    let (of, granted) = holder(state, request)?;
    let key = format!("shoplazza/{}", of.seller);
    let drawn = state.draw(&key, RATE, POINT);
    if drawn.is_err() || state.count_store_call(StorePlatform::Shoplazza).is_err() {
        return Err(Refusal(429, "TooManyRequests", format!("the limit of version {version} is reached")));
    }
    let gone = || Refusal(404, "NotFound", "the path does not exist".to_owned());
    let (run, right, piece) = find(request.method().as_str(), path).ok_or_else(gone)?;
    if !right.is_empty() && !granted.split(' ').any(|one| one == right) {
        return Err(Refusal(403, "Forbidden", format!("the right {right} is missing")));
    }
    if ["PUT", "POST"].contains(&request.method().as_str()) && request.content_type() != "application/json" {
        return Err(Refusal(415, "UnsupportedMediaType", "JSON is expected".to_owned()));
    }
    let query = Fields::read(request.query_string().as_bytes()).map_err(|name| Refusal::parameter(&name))?;
    run(&Call { state, of, query, body }, piece)
}

/// Whose token it is, and what was granted.
fn holder(state: &SandboxState, request: &HttpRequest) -> Result<(StoreRef, String), Refusal> {
    let invalid = || Refusal(401, "Unauthorized", "the access token is invalid or has expired".to_owned());
    let token = request.headers().get("access-token").and_then(|value| value.to_str().ok()).ok_or_else(invalid)?;
    let world = state.world();
    let grant = world.stores.grants.by_access(StorePlatform::Shoplazza, token, state.clock().wall());
    let grant = grant.map_err(|_| invalid())?;
    let granted = world.stores.store(&grant.store).map(|store| store.setting(auth::SCOPE).to_owned());
    Ok((grant.store.clone(), granted.ok_or_else(invalid)?))
}

/// A list's part: its rows, and the word for the next one.
pub(super) struct Part<T> {
    pub(super) rows: Vec<T>,
    pub(super) cursor: String,
    pub(super) has_more: bool,
}

/// Cuts rows that stand by a key out of all, from the cursor on.
pub(super) fn cut<T>(call: &Call<'_>, mut rows: Vec<((i64, u64), T)>) -> Result<Part<T>, Refusal> {
    let limit = call.query.number("limit", 50, 1, 250).map_err(|name| Refusal::parameter(&name))?;
    let limit = usize::try_from(limit).unwrap_or(50);
    let after = match call.query.text("cursor") {
        None => None,
        Some(cursor) => Some(read(cursor).ok_or_else(|| Refusal::parameter("cursor"))?),
    };
    rows.sort_by_key(|(key, _)| *key);
    rows.retain(|(key, _)| after.is_none_or(|after| *key > after));
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let cursor = rows.last().map(|((at, number), _)| hex::encode(format!("{at}/{number}"))).unwrap_or_default();
    Ok(Part { rows: rows.into_iter().map(|(_, row)| row).collect(), cursor, has_more })
}

fn read(cursor: &str) -> Option<(i64, u64)> {
    let text = String::from_utf8(hex::decode(cursor).ok()?).ok()?;
    let (at, number) = text.split_once('/')?;
    Some((at.parse().ok()?, number.parse().ok()?))
}
