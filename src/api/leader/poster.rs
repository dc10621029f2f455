//! The leader's invitation poster.

use crate::api::routes::Routes;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, get, web};

use crate::api::auth::SignedInLeader;
use crate::api::problem::Failures;
use crate::api::reply::Reply;
use crate::app::App;
use crate::flows;

pub(super) fn routes(config: &mut Routes) {
    config.service(poster);
}

/// The leader's invitation poster: a card with his mini-program code, without text. Who opens the
/// code signs in with its scene as `invited_by`.
#[utoipa::path(
    tag = "leader", security(("bearer" = [])),
    responses((status = 200, content_type = "image/png", body = Vec<u8>), Failures)
)]
#[get("/api/v1/leader/poster")]
async fn poster(app: web::Data<App>, who: SignedInLeader) -> Reply {
    let file = flows::posters::invitation(&app, &who.shop, who.leader.id).await?;
    Ok(HttpResponse::Ok().content_type("image/png").insert_header((CACHE_CONTROL, "private, max-age=86400")).body(file))
}
