//! Uploaded files, served under names nobody can guess and never changing: pictures to everybody's
//! page, proofs to be kept by whoever asks.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::{HttpResponse, get, web};

use super::reply::Reply;
use crate::app::App;
use crate::flows::uploads;

/// The route of files.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(show_file);
}

#[get("/files/{name}")]
async fn show_file(app: web::Data<App>, name: web::Path<String>) -> Reply {
    let (kind, bytes) = uploads::file(&app, &name).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, kind.content_type()));
    let kept = if kind.picture().is_some() { "public, max-age=31536000, immutable" } else { "private, no-store" };
    if kind.picture().is_none() {
        // A document is no part of a page: whoever asks for it saves it.
        response.insert_header((CONTENT_DISPOSITION, "attachment"));
    }
    Ok(response
        // A name is never used for another picture.
        .insert_header((CACHE_CONTROL, kept))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .body(bytes))
}
