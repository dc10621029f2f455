//! Pictures of complaints, which lie at WeChat and are fetched when an operator looks at them.

use crate::api::routes::Routes;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use actix_web::{HttpResponse, get, web};
use kernel::id::ComplaintId;

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::PathId;
use crate::api::problem::Failures;
use crate::api::reply::Reply;
use crate::app::App;
use crate::flows::complaints::{picture_key, shown_picture};

pub(super) fn routes(config: &mut Routes) {
    config.service(picture);
}

/// Where operators see the pictures that lie at these addresses of WeChat.
pub(super) fn places(id: ComplaintId, addresses: &[String]) -> Vec<String> {
    let place = |address: &String| format!("/console/api/v1/complaints/{id}/pictures/{}", picture_key(address));
    addresses.iter().map(place).collect()
}

/// A picture of a complaint, fetched from WeChat.
#[utoipa::path(
    tag = "after-sales", operation_id = "complaint_picture", security(("session" = [])),
    params(("id" = ComplaintId, Path), ("picture" = String, Path, description = "As the complaint gives it.")),
    responses((status = 200, content_type = "image/*", body = Vec<u8>), Failures)
)]
#[get("/console/api/v1/complaints/{id}/pictures/{picture}")]
async fn picture(
    app: web::Data<App>,
    who: Operator,
    id: PathId<ComplaintId>,
    path: web::Path<(String, String)>,
) -> Reply {
    who.may(Permission::Orders)?;
    let (_, key) = path.into_inner();
    let (kind, bytes) = shown_picture(&app, &who.shop, *id, &key).await?;
    Ok(HttpResponse::Ok()
        .content_type(kind.content_type())
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .body(bytes))
}
