//! The mini-program's message push: the address is verified by an echo, messages are kept once.

use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use gateways::wechat::push::{PushQuery, PushRefused};
use gateways::wechat::{PushDoor, PushMessage};
use kernel::{Code, Coded, Failure};
use serde_json::json;

use crate::api::body::{parse_query, read_all};
use crate::app::{App, ShopClients};
use crate::areas::shops::query::Shop;
use crate::flows::wechat_message;

/// A message is a few kilobytes.
const BODY_MAX: usize = 64 * 1024;

/// Why a push is turned away. Only our log learns it: telling would help whoever guesses keys.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("the shop takes no message push")]
    NoDoor,
    #[error("the push is not WeChat's")]
    Push(#[from] PushRefused),
}

impl Coded for Refused {
    fn code(&self) -> Code {
        Code::NoticeRefused
    }
}

/// `GET /notify/wechat-message/{shop}`: WeChat verifies the address; its text is echoed as plain
/// text, since nobody signed it.
#[get("/notify/wechat-message/{shop}")]
pub(super) async fn verified(app: web::Data<App>, request: HttpRequest, shop: web::Path<String>) -> HttpResponse {
    let echo = || -> Result<String, Failure> {
        let query: PushQuery = parse_query(request.query_string())?;
        let (_, clients) = shop_of(&app, &shop)?;
        Ok(door_of(&clients)?.verify_url(&query).map_err(Refused::from)?.to_owned())
    };
    match echo() {
        Ok(echo) => HttpResponse::Ok().content_type(ContentType::plaintext()).body(echo),
        Err(failure) => refused(&shop, &failure),
    }
}

/// `POST /notify/wechat-message/{shop}`: `success` when the message is kept, else WeChat repeats it.
#[post("/notify/wechat-message/{shop}")]
pub(super) async fn pushed(
    app: web::Data<App>,
    request: HttpRequest,
    shop: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    match handle(&app, request.query_string(), &shop, body).await {
        Ok(()) => {
            metrics::counter!("wechat_messages_total", "outcome" => "kept").increment(1);
            HttpResponse::Ok().content_type(ContentType::plaintext()).body("success")
        }
        Err(failure) => refused(&shop, &failure),
    }
}

async fn handle(app: &App, query: &str, shop: &str, body: web::Payload) -> Result<(), Failure> {
    let query: PushQuery = parse_query(query)?;
    let body = read_all(body.into_inner(), BODY_MAX).await?;
    let (shop, clients) = shop_of(app, shop)?;
    let message = door_of(&clients)?.open(&query, &body).map_err(Refused::from)?;
    match PushMessage::parse(&message) {
        Some(message) => wechat_message::keep(app, &shop, &message).await,
        // WeChat's, by its signature, and nothing that could be kept: it shall not come again.
        None => Ok(()),
    }
}

fn shop_of(app: &App, code: &str) -> Result<(std::sync::Arc<Shop>, std::sync::Arc<ShopClients>), Failure> {
    let shop = app.shops.by_code(code)?;
    let clients = app.clients.of(&shop);
    Ok((shop, clients))
}

fn door_of(clients: &ShopClients) -> Result<&PushDoor, Refused> {
    clients.push.as_ref().ok_or(Refused::NoDoor)
}

/// One answer to everything that is not WeChat's; our own faults are told apart by their status
/// alone, so that WeChat repeats.
fn refused(shop: &str, failure: &Failure) -> HttpResponse {
    metrics::counter!("wechat_messages_total", "outcome" => "refused").increment(1);
    let mut answer = match failure.code() {
        Code::Internal | Code::Busy => {
            tracing::error!(shop, %failure, "a pushed message could not be kept; WeChat repeats it");
            HttpResponse::InternalServerError()
        }
        _ => {
            tracing::warn!(shop, %failure, "a pushed message was refused");
            HttpResponse::Forbidden()
        }
    };
    answer.json(json!({ "code": "FAIL", "message": "refused" }))
}
