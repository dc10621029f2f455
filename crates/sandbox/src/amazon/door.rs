//! The door of the APIs: token, bucket of the operation, and the way to the call.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use chrono::NaiveDateTime;
use serde_json::{Value, json};

use super::{Answer, Call, Refusal, Reply, auth, listings, orders, ship, sites};
use crate::crypto;
use crate::faults::Verdict;
use crate::rest::bucket::{POINT, Rate};
use crate::rest::fields::Fields;
use crate::state::SandboxState;
use crate::stores::StorePlatform;

/// An operation: its name, its calls a second in millionths and at once, what it does.
struct Operation {
    name: &'static str,
    per_s: i64,
    burst: i64,
    run: fn(&Call<'_>, &[&str]) -> Reply,
}

const fn operation(name: &'static str, per_s: i64, burst: i64, run: fn(&Call<'_>, &[&str]) -> Reply) -> Operation {
    Operation { name, per_s, burst, run }
}

/// The operation at a path, with the pieces of the path that vary.
fn find<'a>(method: &str, path: &[&'a str]) -> Option<(Operation, Vec<&'a str>)> {
    let listed = "2021-08-01";
    Some(match (method, path) {
        ("GET", ["sellers", "v1", "marketplaceParticipations"]) => {
            (operation("getMarketplaceParticipations", 16_000, 15, participations), vec![])
        }
        ("GET", ["listings", version, "items", seller]) if *version == listed => {
            (operation("searchListingsItems", 5_000_000, 5, listings::search), vec![seller])
        }
        ("GET", ["listings", version, "items", seller, sku]) if *version == listed => {
            (operation("getListingsItem", 5_000_000, 10, listings::one), vec![seller, sku])
        }
        ("PATCH", ["listings", version, "items", seller, sku]) if *version == listed => {
            (operation("patchListingsItem", 5_000_000, 5, listings::patch), vec![seller, sku])
        }
        ("GET", ["orders", "2026-01-01", "orders"]) => (operation("searchOrders", 5_600, 20, orders::search), vec![]),
        ("GET", ["orders", "2026-01-01", "orders", id]) => (operation("getOrder", 500_000, 30, orders::one), vec![id]),
        ("POST", ["orders", "v0", "orders", id, "shipmentConfirmation"]) => {
            (operation("confirmShipment", 2_000_000, 10, ship::confirm), vec![id])
        }
        _ => return None,
    })
}

/// Every call of the APIs.
pub(super) async fn door(state: Data<SandboxState>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let path = pieces(request.uri().path());
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let found = find(request.method().as_str(), &path);
    let limit = found.as_ref().map(|(operation, _)| limit_text(operation.per_s));
    let outcome = match found {
        Some((operation, pieces)) => serve(&state, &request, &body, &operation, &pieces),
        None => Err(Refusal::not_found("The resource specified does not exist.")),
    };
    let (status, answer, verdict) = match outcome {
        Ok(Answer { status, body }) => (status, body, "ok"),
        Err(refusal) => {
            let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
            let error = json!({"code": refusal.code, "message": refusal.message, "details": refusal.details});
            (status, json!({"errors": [error]}), refusal.code)
        }
    };
    let mut response = HttpResponse::build(status);
    response.insert_header(("x-amzn-RequestId", crypto::random_text(20).to_lowercase()));
    if let Some(limit) = limit {
        response.insert_header(("x-amzn-RateLimit-Limit", limit));
    }
    let mut response = if answer.is_null() { response.finish() } else { response.json(answer) };
    response.extensions_mut().insert(Verdict(verdict.to_owned()));
    response
}

/// `5600` as `0.0056`, `5000000` as `5.0`.
fn limit_text(millionths: i64) -> String {
    let text = format!("{}.{:06}", millionths / POINT, millionths % POINT);
    let short = text.trim_end_matches('0');
    if short.ends_with('.') { format!("{short}0") } else { short.to_owned() }
}

/// The pieces of a path behind the platform's name, decoded.
fn pieces(path: &str) -> Vec<String> {
    let decoded = |piece: &str| {
        let plus = piece.replace('+', "%2B");
        url::form_urlencoded::parse(plus.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
    };
    path.trim_start_matches("/amazon/").split('/').map(decoded).collect()
}

fn serve(state: &SandboxState, request: &HttpRequest, body: &[u8], operation: &Operation, pieces: &[&str]) -> Reply {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    if header("user-agent").is_none_or(str::is_empty) {
        return Err(Refusal::input("The user-agent header is missing."));
    }
    let is_date = |text: &str| NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").is_ok();
    if header("x-amz-date").is_some_and(|date| !is_date(date)) {
        return Err(Refusal::input("The x-amz-date header is no time."));
    }
    let token = header("x-amz-access-token").and_then(|token| token.strip_prefix(auth::ACCESS));
    let token = token.ok_or_else(|| Refusal::denied("Access token is missing in the request header."))?;
    let now = state.clock().wall();
    let (seller, region) = {
        let world = state.world();
        let grant = world.stores.grants.by_access(StorePlatform::Amazon, token, now);
        let grant = grant.map_err(|_| Refusal::denied("The access token you provided has expired."))?;
        (grant.store.seller.clone(), sites::by_code(&grant.store.site).region)
    };
    let rate = Rate { holds: operation.burst * POINT, per_s: operation.per_s };
    let key = format!("amazon/{seller}/{}", operation.name);
    let drawn = state.draw(&key, rate, POINT);
    if drawn.is_err() || state.count_store_call(StorePlatform::Amazon).is_err() {
        let message = "You exceeded your quota for the requested resource.".to_owned();
        return Err(Refusal { status: 429, code: "QuotaExceeded", message, details: "" });
    }
    if !body.is_empty() && request.content_type() != "application/json" {
        return Err(Refusal {
            status: 415,
            code: "UnsupportedMediaType",
            message: "JSON is expected.".to_owned(),
            details: "",
        });
    }
    let query = Fields::read(request.query_string().as_bytes());
    let query = query.map_err(|name| Refusal::input(format!("{name} comes twice")))?;
    (operation.run)(&Call { state, seller, region, query, body, now }, pieces)
}

/// `getMarketplaceParticipations`.
fn participations(call: &Call<'_>, _: &[&str]) -> Reply {
    call.only(&[])?;
    let world = call.state.world();
    let own = world.stores.on(StorePlatform::Amazon).filter(|store| store.of.seller == call.seller);
    let rows = own.map(|store| (store, sites::by_code(&store.of.site))).filter(|(_, site)| site.region == call.region);
    let rows: Vec<Value> = rows
        .map(|(store, site)| {
            json!({"marketplace": {"id": site.id, "name": site.name, "countryCode": site.country(),
                "defaultCurrencyCode": store.currency, "defaultLanguageCode": "en_US", "domainName": site.name},
                "participation": {"isParticipating": true, "hasSuspendedListings": false}, "storeName": store.name})
        })
        .collect();
    Ok(Answer::ok(json!({"payload": rows})))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_told_in_calls_a_second() {
        assert_eq!([5_600, 500_000, 5_000_000].map(limit_text), ["0.0056", "0.5", "5.0"]);
    }
}
