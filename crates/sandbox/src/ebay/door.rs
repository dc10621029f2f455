//! The door of the APIs: token and right, quota, and the way to the call.

use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde_json::json;

use super::{Answer, Call, Refusal, Reply, SITES, auth, goods, notices, orders, ship, stock};
use crate::faults::Verdict;
use crate::rest::fields::Fields;
use crate::state::SandboxState;
use crate::stores::StorePlatform;

/// Every call below `/commerce` and `/sell`.
pub(super) async fn door(
    state: Data<SandboxState>,
    request: HttpRequest,
    _: Path<String>,
    body: Bytes,
) -> HttpResponse {
    let (mut response, verdict) = match serve(&state, &request, &body) {
        Ok(answer) => {
            let mut response = HttpResponse::build(answer.status);
            if let Some(location) = answer.location {
                response.insert_header(("Location", location));
            }
            let told = if answer.body.is_null() { response.finish() } else { response.json(answer.body) };
            (told, "ok".to_owned())
        }
        Err(refusal) => {
            let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
            (HttpResponse::build(status).json(json!({"errors": [refusal.value()]})), refusal.id.to_string())
        }
    };
    response.extensions_mut().insert(Verdict(verdict));
    response
}

const FULFILLMENT: &str = "https://api.ebay.com/oauth/api_scope/sell.fulfillment";
const INVENTORY: &str = "https://api.ebay.com/oauth/api_scope/sell.inventory";
const IDENTITY: &str = "https://api.ebay.com/oauth/api_scope/commerce.identity.readonly";

type Serve = fn(&Call<'_>, &str) -> Reply;

/// The call at a path, with the right it asks for and the one piece of the path that varies.
fn find<'a>(method: &str, path: &'a [&'a str]) -> Option<(Serve, &'static str, &'a str)> {
    Some(match (method, path) {
        ("GET", ["commerce", "identity", "v1", "user"] | ["commerce", "identity", "v1", "user", ""]) => {
            (auth::user, IDENTITY, "")
        }
        ("GET", ["sell", "inventory", "v1", "inventory_item"]) => (goods::items, INVENTORY, ""),
        ("GET", ["sell", "inventory", "v1", "inventory_item", sku]) => (goods::item, INVENTORY, sku),
        ("GET", ["sell", "inventory", "v1", "offer"]) => (goods::offers, INVENTORY, ""),
        ("POST", ["sell", "inventory", "v1", "bulk_update_price_quantity"]) => (stock::update, INVENTORY, ""),
        ("GET", ["sell", "fulfillment", "v1", "order"]) => (orders::list, FULFILLMENT, ""),
        ("GET", ["sell", "fulfillment", "v1", "order", id]) => (orders::one, FULFILLMENT, id),
        ("GET", ["sell", "fulfillment", "v1", "order", id, "shipping_fulfillment"]) => (ship::list, FULFILLMENT, id),
        ("POST", ["sell", "fulfillment", "v1", "order", id, "shipping_fulfillment"]) => (ship::create, FULFILLMENT, id),
        _ => return None,
    })
}

/// The pieces of a path behind the platform's name, decoded.
fn pieces(path: &str) -> Vec<String> {
    let decoded = |piece: &str| {
        let plus = piece.replace('+', "%2B");
        url::form_urlencoded::parse(plus.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
    };
    path.trim_start_matches("/ebay/").split('/').map(decoded).collect()
}

fn serve(state: &SandboxState, request: &HttpRequest, body: &[u8]) -> Reply {
    let path = pieces(request.uri().path());
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let bearer = header(AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("Bearer "));
    let missing = || Refusal::new(401, 1_002, "OAuth", "Missing access token");
    let bearer = bearer.ok_or_else(missing)?;
    if let ["commerce", "notification", "v1", "public_key", kid] = path.as_slice() {
        return public_key(state, bearer, kid);
    }
    let gone = || Refusal::new(404, 2_002, "ACCESS", "Resource not found");
    let (run, right, piece) = find(request.method().as_str(), &path).ok_or_else(gone)?;
    let (seller, granted) = auth::holder(state, bearer)?;
    if !granted.split(' ').any(|one| one == right) {
        return Err(Refusal::new(403, 1_100, "ACCESS", "Insufficient permissions to fulfill the request."));
    }
    if state.count_store_call(StorePlatform::Ebay).is_err() {
        return Err(Refusal::new(429, 2_001, "ACCESS", "Too many requests."));
    }
    if header("X-EBAY-C-MARKETPLACE-ID").is_some_and(|site| !SITES.contains(&site)) {
        return Err(Refusal::new(400, 25_702, "API_INVENTORY", "Invalid value for header X-EBAY-C-MARKETPLACE-ID."));
    }
    if request.method() == "POST" && request.content_type() != "application/json" {
        return Err(Refusal::new(415, 2_003, "ACCESS", "Unsupported media type"));
    }
    let query = Fields::read(request.query_string().as_bytes());
    let query = query.map_err(|name| Refusal::new(400, 2_004, "ACCESS", format!("{name} comes twice")))?;
    let language = header("Content-Language").map(str::to_owned);
    run(&Call { state, seller, query, body, language }, piece)
}

fn public_key(state: &SandboxState, bearer: &str, kid: &str) -> Reply {
    if !auth::is_application(state, bearer) {
        return Err(Refusal::new(401, 1_001, "OAuth", "Invalid access token"));
    }
    let (known, line) = notices::public_key(state);
    if kid != known {
        return Err(Refusal::new(404, 195_009, "API_NOTIFICATION", "Public key was not found."));
    }
    Ok(Answer::ok(json!({"algorithm": "ECDSA", "digest": "SHA1", "key": line})))
}
