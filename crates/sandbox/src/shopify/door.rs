//! The door of the API: token, version, cost, and the envelope of the answer.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::graphql::{Fault, Question};
use super::{Call, Failure, has_right, oauth, resolve, right};
use crate::faults::Verdict;
use crate::json::joined;
use crate::rest::bucket::{POINT, Rate};
use crate::state::SandboxState;
use crate::stores::StorePlatform;

/// The oldest version that is still served; older ones fall forward to it.
const OLDEST: &str = "2025-10";
const NEWEST: &str = "2026-10";
const DEAREST: u64 = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Body {
    query: String,
    #[serde(default)]
    variables: Option<Map<String, Value>>,
    #[serde(default)]
    #[expect(dead_code, reason = "one operation a document: its name chooses nothing")]
    operation_name: Option<String>,
}

/// `POST /admin/api/{version}/graphql.json`.
pub(super) async fn door(
    state: Data<SandboxState>,
    request: HttpRequest,
    version: Path<String>,
    body: Bytes,
) -> HttpResponse {
    let (status, answer, verdict) = match serve(&state, &request, &version, &body) {
        Ok(answer) => (StatusCode::OK, answer, "ok".to_owned()),
        Err((status, answer)) => (status, answer, status.as_str().to_owned()),
    };
    let code = answer.pointer("/errors/0/extensions/code").and_then(Value::as_str).map(str::to_owned);
    let mut response = HttpResponse::build(status);
    response.insert_header(("X-Shopify-API-Version", served(&version).unwrap_or_default()));
    let mut response = if status == StatusCode::TOO_MANY_REQUESTS {
        response.insert_header(("Retry-After", "2.0")).finish()
    } else {
        response.json(answer)
    };
    response.extensions_mut().insert(Verdict(code.unwrap_or(verdict)));
    response
}

/// The version a call is served in, by the one it names; `None` for what is no version.
fn served(named: &str) -> Option<String> {
    if named == "unstable" {
        return Some(named.to_owned());
    }
    let (year, month) = named.split_once('-')?;
    let is_version = year.len() == 4
        && year.bytes().all(|byte| byte.is_ascii_digit())
        && ["01", "04", "07", "10"].contains(&month)
        && named <= NEWEST;
    is_version.then(|| if named < OLDEST { OLDEST } else { named }.to_owned())
}

type Turned = (StatusCode, Value);

fn serve(state: &SandboxState, request: &HttpRequest, version: &str, body: &[u8]) -> Result<Value, Turned> {
    let version = served(version).ok_or_else(|| (StatusCode::NOT_FOUND, json!({"errors": "Not Found"})))?;
    let (of, granted) = admit(state, request)?;
    if state.count_store_call(StorePlatform::Shopify).is_err() {
        return Err((StatusCode::TOO_MANY_REQUESTS, Value::Null));
    }
    if !request.content_type().eq_ignore_ascii_case("application/json") {
        return Err((
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            json!({"errors": {"query": "Required parameter missing or invalid"}}),
        ));
    }
    let body: Body = serde_json::from_slice(body).map_err(|error| {
        (
            StatusCode::BAD_REQUEST,
            json!({"errors": {"query": format!("Required parameter missing or invalid: {error}")}}),
        )
    })?;
    let question = match Question::read(&body.query, &body.variables.unwrap_or_default()) {
        Ok(question) => question,
        Err(Fault { code, message }) => return Ok(json!({"errors": [error(code, &message)]})),
    };
    let wanted = question.requested();
    if wanted > DEAREST {
        let message = format!("Query cost is {wanted}, which exceeds the single query max cost limit ({DEAREST}).");
        let told = json!({"code": "MAX_COST_EXCEEDED", "cost": wanted, "maxCost": DEAREST});
        return Ok(json!({"errors": [{"message": message, "extensions": told}]}));
    }
    let call = Call { state, of, version, now: state.clock().wall() };
    Ok(within_cost(&call, &question, &granted))
}

/// Whose token it is and what it may do.
fn admit(state: &SandboxState, request: &HttpRequest) -> Result<(crate::stores::StoreRef, String), Turned> {
    let invalid = || {
        let words = "[API] Invalid API key or access token (unrecognized login or wrong password)";
        (StatusCode::UNAUTHORIZED, json!({"errors": words}))
    };
    let token = request.headers().get("X-Shopify-Access-Token").and_then(|value| value.to_str().ok());
    let token = token.and_then(|token| token.strip_prefix(oauth::ACCESS)).ok_or_else(invalid)?;
    let now = state.clock().wall();
    let world = state.world();
    let grant = world.stores.grants.by_access(StorePlatform::Shopify, token, now).map_err(|_| invalid())?;
    let store = world.stores.store(&grant.store).ok_or_else(invalid)?;
    let shut = match store.setting("state") {
        "frozen" => Some((StatusCode::PAYMENT_REQUIRED, "Unavailable Shop")),
        "locked" => Some((StatusCode::LOCKED, "Locked")),
        "gone" => Some((StatusCode::NOT_FOUND, "Not Found")),
        _ => None,
    };
    match shut {
        Some((status, words)) => Err((status, json!({"errors": words}))),
        None => Ok((grant.store.clone(), store.setting(oauth::SCOPE).to_owned())),
    }
}

/// Points a second by the store's plan; the bucket holds twenty times as much.
fn rate(plan: &str) -> Rate {
    let per_s = match plan {
        "advanced" => 200,
        "plus" => 1_000,
        "enterprise" => 2_000,
        _ => 100,
    };
    Rate::points(per_s * 20, per_s)
}

fn within_cost(call: &Call<'_>, question: &Question, granted: &str) -> Value {
    let plan = call.state.world().stores.store(&call.of).map(|store| store.setting("plan").to_owned());
    let rate = rate(plan.as_deref().unwrap_or_default());
    let key = format!("shopify/{}", call.of.seller);
    let wanted = question.requested();
    let points = |points: u64| i64::try_from(points).unwrap_or(0).saturating_mul(POINT);
    let cost = |actual: Option<u64>, left: i64| {
        json!({"cost": {"requestedQueryCost": wanted, "actualQueryCost": actual, "throttleStatus": {
            "maximumAvailable": rate.holds / POINT, "currentlyAvailable": left / POINT, "restoreRate": rate.per_s / POINT}}})
    };
    if let Err(left) = call.state.draw(&key, rate, points(wanted)) {
        let refusal = json!({"message": "Throttled", "extensions": {"code": "THROTTLED",
            "documentation": "https://shopify.dev/api/usage/rate-limits"}});
        return json!({"errors": [refusal], "extensions": cost(None, left)});
    }
    let (data, errors) = run(call, question, granted);
    let actual = question.actual(&data);
    let left = call.state.0.buckets.put_back(&key, rate, points(wanted - actual));
    let mut answer = json!({"data": data, "extensions": cost(Some(actual), left)});
    if let (Some(members), false) = (answer.as_object_mut(), errors.is_empty()) {
        members.insert("errors".to_owned(), json!(errors));
    }
    answer
}

fn run(call: &Call<'_>, question: &Question, granted: &str) -> (Value, Vec<Value>) {
    let (mut whole, mut errors) = (Map::new(), Vec::new());
    for field in question.fields() {
        let lacking = right(&field.name).filter(|right| !has_right(granted, right));
        let outcome = match lacking {
            Some(right) => {
                let message =
                    format!("Access denied for {} field. Required access: `{right}` access scope.", field.name);
                Err(Failure::new("ACCESS_DENIED", message))
            }
            None => resolve(call, field),
        };
        match outcome {
            Ok(value) => drop(whole.insert(field.alias.clone(), value)),
            Err(failure) => {
                errors.push(joined(error(failure.code, &failure.message), json!({"path": [field.alias]})));
            }
        }
    }
    (question.answer(&whole), errors)
}

fn error(code: &str, message: &str) -> Value {
    json!({"message": message, "extensions": {"code": code}})
}
