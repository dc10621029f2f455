//! Uploaded pictures, served under names nobody can guess: public, never changing, pictures alone.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::{HttpResponse, get, web};

use super::reply::Reply;
use crate::app::App;
use crate::flows::uploads;

/// The route of pictures.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(show_picture);
}

#[get("/files/{name}")]
async fn show_picture(app: web::Data<App>, name: web::Path<String>) -> Reply {
    let (kind, bytes) = uploads::picture(&app, &name).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, kind.content_type()))
        // A name is never used for another picture.
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .body(bytes))
}
