//! The gateway: who calls, when, signed how, and the envelope of the answer.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use super::{Answer, Call, Refusal, goods, orders, ship, stock};
use crate::crypto;
use crate::faults::Verdict;
use crate::rest::bucket::{POINT, Rate};
use crate::rest::fields::Fields;
use crate::state::SandboxState;
use crate::stores::StorePlatform;

/// A call may be this far from the clock, in milliseconds.
const WINDOW_MS: u64 = 7_200_000;

/// Calls a second of an application.
const RATE: Rate = Rate::points(100, 50);

const COMMON: [&str; 8] = ["method", "app_key", "session", "timestamp", "sign_method", "sign", "format", "simplify"];

/// `POST /sync`.
pub(super) async fn door(state: Data<SandboxState>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let (answer, verdict) = match serve(&state, &request, &body) {
        Ok(answer) => (answer, "ok"),
        Err(refusal) => {
            let mut refused = Map::from_iter([
                ("type".to_owned(), json!(refusal.kind)),
                ("code".to_owned(), json!(refusal.code)),
                ("msg".to_owned(), json!(refusal.words)),
                ("request_id".to_owned(), json!(request_id(&state))),
            ]);
            if let Some((code, words)) = refusal.sub {
                refused.insert("sub_code".to_owned(), json!(code));
                refused.insert("sub_msg".to_owned(), json!(words));
            }
            (json!({"error_response": refused}), refusal.sub.map_or(refusal.code, |(code, _)| code))
        }
    };
    let mut response = HttpResponse::Ok().json(answer);
    response.extensions_mut().insert(Verdict(verdict.to_owned()));
    response
}

pub(super) fn request_id(state: &SandboxState) -> String {
    format!("{:016x}{}", state.world().next_number(), state.clock().wall())
}

/// Reads a form and checks application, clock and signature; `path` is that of a system call.
pub(super) fn admit(
    state: &SandboxState,
    request: &HttpRequest,
    body: &[u8],
    path: Option<&str>,
) -> Result<Fields, Refusal> {
    if request.content_type() != "application/x-www-form-urlencoded" {
        return Err(Refusal::isv("UnsupportedContentType", "The body must be a form"));
    }
    let fields = Fields::read(body).map_err(|name| Refusal::parameter(&name))?;
    let needed = |name: &str| fields.text(name).ok_or_else(|| Refusal::missing(name));
    if path.is_none() {
        needed("method")?;
    }
    let (key, stamp, sign) = (needed("app_key")?, needed("timestamp")?, needed("sign")?);
    let app = state.store_app(StorePlatform::Aliexpress);
    if key != app.id {
        return Err(Refusal::isv("InvalidAppKey", "The specified App Key is invalid"));
    }
    if needed("sign_method")? != "sha256" {
        return Err(Refusal::isv("InvalidSignMethod", "The specified signature method is invalid"));
    }
    let near = stamp.parse::<i64>().is_ok_and(|stamp| state.clock().wall_ms().abs_diff(stamp) <= WINDOW_MS);
    if !near {
        return Err(Refusal::isv("InvalidTimestamp", "The specified timestamp is invalid"));
    }
    if sign != signature(path, &fields, &app.secret) {
        return Err(Refusal::isv(
            "IncompleteSignature",
            "The request signature does not conform to platform standards",
        ));
    }
    if let Some((name, _)) = fields.sorted().find(|(_, value)| value.is_empty()) {
        return Err(Refusal::parameter(name));
    }
    Ok(fields)
}

/// Upper-case HMAC-SHA256 of all sorted names and values but `sign`, after the path of a system call.
pub(super) fn signature(path: Option<&str>, fields: &Fields, secret: &str) -> String {
    let signed: String =
        fields.sorted().filter(|(name, _)| *name != "sign").map(|(name, value)| format!("{name}{value}")).collect();
    crypto::hmac_sha256_upper(secret, &format!("{}{signed}", path.unwrap_or_default()))
}

type Serve = fn(&Call<'_>) -> Result<Answer, Refusal>;

/// A method with the parameters it takes.
fn method(name: &str) -> Option<(Serve, &'static [&'static str])> {
    Some(match name {
        "aliexpress.solution.product.list.get" => (goods::list, &["aeop_a_e_product_list_query"]),
        "aliexpress.solution.product.info.get" => (goods::info, &["product_id"]),
        "aliexpress.solution.order.get" => (orders::list, &["param0"]),
        "aliexpress.solution.order.info.get" => (orders::info, &["param1"]),
        "aliexpress.solution.order.receiptinfo.get" => (orders::receipt, &["param1"]),
        "aliexpress.solution.merchant.profile.get" => (orders::profile, &[]),
        "aliexpress.solution.batch.product.inventory.update" => (stock::update, &["mutiple_product_update_list"]),
        "aliexpress.solution.order.fulfill" => (ship::fulfill, ship::FULFILL),
        "aliexpress.logistics.redefining.listlogisticsservice" => (ship::services, &[]),
        _ => return None,
    })
}

fn serve(state: &SandboxState, request: &HttpRequest, body: &[u8]) -> Result<Value, Refusal> {
    let fields = admit(state, request, body, None)?;
    let name = fields.text("method").unwrap_or_default();
    let (run, own) = method(name).ok_or_else(|| Refusal::isv("InvalidApiPath", "The specified API path is invalid"))?;
    if fields.text("format").is_some_and(|format| format != "json") {
        return Err(Refusal::parameter("format"));
    }
    let simple = match fields.text("simplify") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Refusal::parameter("simplify")),
    };
    let allowed: Vec<&str> = COMMON.iter().chain(own).copied().collect();
    if let Some(stranger) = fields.stranger(&allowed) {
        return Err(Refusal::parameter(stranger));
    }
    let session = fields.text("session").ok_or_else(|| Refusal::missing("session"))?;
    let now = state.clock().wall();
    let of = {
        let world = state.world();
        let grant = world.stores.grants.by_access(StorePlatform::Aliexpress, session, now);
        let expired = |_| Refusal::isv("IllegalAccessToken", "The specified access token is invalid or expired");
        grant.map_err(expired)?.store.clone()
    };
    limits(state)?;
    let call = Call { state, fields: &fields, of };
    let answer = run(&call)?;
    Ok(dressed(state, name, answer, simple))
}

fn limits(state: &SandboxState) -> Result<(), Refusal> {
    let banned = |seconds: i64| {
        Refusal::isv("ApiCallLimit", format!("The request is too frequently, this ban will last {seconds} seconds"))
    };
    state.count_store_call(StorePlatform::Aliexpress).map_err(banned)?;
    state.draw("aliexpress", RATE, POINT).map(drop).map_err(|_| banned(1))
}

/// An answer in its wrappers, or without those that `simplify` takes away.
fn dressed(state: &SandboxState, method: &str, answer: Answer, simple: bool) -> Value {
    let mut inner = match answer {
        Answer::Wrapped(result) => json!({"result": if simple { simplified(result) } else { result }}),
        Answer::Bare(body) if simple => simplified(body),
        Answer::Bare(body) => body,
    };
    if let Value::Object(members) = &mut inner {
        members.insert("request_id".to_owned(), json!(request_id(state)));
    }
    if simple {
        return inner;
    }
    Value::Object(Map::from_iter([(format!("{}_response", method.replace('.', "_")), inner)]))
}

/// Lists without the object around them.
fn simplified(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(name, value)| {
                    let bare = match value {
                        Value::Object(mut inner) if inner.len() == 1 && inner.values().all(|one| one.is_array()) => {
                            inner.values_mut().next().map(Value::take).unwrap_or_default()
                        }
                        other => other,
                    };
                    (name, simplified(bare))
                })
                .collect(),
        ),
        Value::Array(rows) => Value::Array(rows.into_iter().map(simplified).collect()),
        other => other,
    }
}
