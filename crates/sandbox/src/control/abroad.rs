//! What platforms abroad do by themselves: notices nobody asked for, limits met, tokens shown in a console.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Path, Query};
use serde::Deserialize;
use serde_json::{Value, json};

use super::refused;
use crate::state::SandboxState;
use crate::stores::{StorePlatform, StoreRef};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Site {
    #[serde(default)]
    site: String,
}

/// The token that a merchant's console shows for an application of his own.
pub(super) async fn console(
    state: Data<SandboxState>,
    path: Path<(StorePlatform, String)>,
    site: Query<Site>,
) -> HttpResponse {
    let (platform, seller) = path.into_inner();
    match state.stores().console_token(&StoreRef::new(platform, seller).on(site.site.clone())) {
        Some(token) => HttpResponse::Ok().json(json!({"token": token})),
        None => refused(StatusCode::NOT_FOUND, "there is no such store, or its platform shows no token"),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bucket {
    bucket: String,
}

/// `{bucket}`: the next call that draws from it meets the limit.
pub(super) async fn exhaust(state: Data<SandboxState>, body: Json<Bucket>) -> Json<Value> {
    state.exhaust(&body.bucket);
    Json(json!({"ok": true}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Deletion {
    address: String,
    user: String,
}

/// `{address, user}`: eBay tells that the account of a user was deleted → what was answered.
pub(super) async fn ebay_deletion(state: Data<SandboxState>, body: Json<Deletion>) -> HttpResponse {
    match state.ebay_deletion_notice(&body.address, &body.user) {
        Some(notice) => HttpResponse::Ok().json(state.0.courier.post(notice).await),
        None => refused(StatusCode::CONFLICT, "the key of notices does not work"),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Challenge {
    address: String,
}

/// `{address}`: eBay asks for the proof of an address → `{passed, answer}`.
pub(super) async fn ebay_challenge(state: Data<SandboxState>, body: Json<Challenge>) -> HttpResponse {
    let (code, wanted) = state.ebay_challenge(&body.address);
    let Ok(mut url) = url::Url::parse(&body.address) else {
        return refused(StatusCode::BAD_REQUEST, "no address");
    };
    url.query_pairs_mut().append_pair("challenge_code", &code);
    let answer = state.0.courier.get(url.to_string()).await;
    let told: Value = serde_json::from_str(&answer.answer).unwrap_or_default();
    let passed = answer.status == Some(200) && told.get("challengeResponse").and_then(Value::as_str) == Some(&wanted);
    HttpResponse::Ok().json(json!({"passed": passed, "answer": answer}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Privacy {
    address: String,
    seller: String,
    topic: String,
    #[serde(default)]
    orders: Vec<String>,
}

/// `{address, seller, topic, orders?}`: Shopify's mandatory messages `customers/data_request`, `customers/redact`,
/// `shop/redact` → what was answered.
pub(super) async fn shopify_privacy(state: Data<SandboxState>, body: Json<Privacy>) -> HttpResponse {
    match state.shopify_privacy_notice(&body.address, &body.seller, &body.topic, &body.orders) {
        Some(notice) => HttpResponse::Ok().json(state.0.courier.post(notice).await),
        None => refused(StatusCode::BAD_REQUEST, "the topic is none of the mandatory ones, or an order has no number"),
    }
}
