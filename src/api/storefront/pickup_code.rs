//! The code a shopper shows at the pickup point.

use crate::api::routes::Routes;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, get, web};
use kernel::id::OrderId;
use serde::Serialize;

use crate::api::auth::SignedInMember;
use crate::api::body::PathId;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::pickup::codes;
use crate::flows::pickup;

pub(super) fn routes(config: &mut Routes) {
    config.service(pickup_code).service(pickup_code_png);
}

/// A pickup code.
#[derive(Serialize, utoipa::ToSchema)]
struct PickupCodeView {
    /// Ten digits.
    code: String,
    /// Its QR code as a PNG file, for the signed-in member alone.
    qr_url: String,
}

/// The code of a paid order that is collected or brought by the leader.
#[utoipa::path(
    tag = "orders", security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 200, body = PickupCodeView), Failures)
)]
#[get("/api/v1/orders/{id}/pickup-code")]
async fn pickup_code(app: web::Data<App>, who: SignedInMember, id: PathId<OrderId>) -> Reply {
    let code = pickup::code_of(&app, &who.shop, who.member, *id).await?;
    let base = app.config.server.public_url.trim_end_matches('/');
    json(&PickupCodeView { code, qr_url: format!("{base}/api/v1/orders/{}/pickup-code.png", *id) })
}

/// The same as a QR code, which holds the digits and nothing else.
#[utoipa::path(
    tag = "orders", security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 200, content_type = "image/png", body = Vec<u8>), Failures)
)]
#[get("/api/v1/orders/{id}/pickup-code.png")]
async fn pickup_code_png(app: web::Data<App>, who: SignedInMember, id: PathId<OrderId>) -> Reply {
    let code = pickup::code_of(&app, &who.shop, who.member, *id).await?;
    let file = codes::png(&code)?;
    Ok(HttpResponse::Ok().content_type("image/png").insert_header((CACHE_CONTROL, "private, max-age=3600")).body(file))
}
