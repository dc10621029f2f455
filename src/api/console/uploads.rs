//! Pictures of goods and pages, announced by operators; they are sent and served as members' are.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{post, web};
use serde::Deserialize;

use crate::api::auth_console::Operator;
use crate::api::body::JsonBody;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply};
use crate::api::storefront::uploads::{UploadView, check_size};
use crate::app::App;
use crate::areas::content::pictures::PictureKind;
use crate::flows::uploads::{self, Announced};

pub(super) fn routes(config: &mut Routes) {
    config.service(announce_console_upload);
}

/// A picture about to be sent.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AnnounceConsole {
    content_type: PictureKind,
    /// Bytes; the file may have fewer.
    #[schema(minimum = 1, maximum = 10_485_760)]
    size: i64,
}

/// Asks for a place to send a picture to.
#[utoipa::path(tag = "uploads", security(("session" = [])), request_body = AnnounceConsole,
    params(("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    responses((status = 201, body = UploadView), Failures))]
#[post("/console/api/v1/uploads")]
async fn announce_console_upload(
    app: web::Data<App>,
    who: Operator,
    key: IdempotencyKey,
    body: JsonBody<AnnounceConsole>,
) -> Reply {
    let AnnounceConsole { content_type, size } = body.value;
    check_size(&app, size)?;
    let view = |announced: &Announced| UploadView::from(announced);
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::CREATED, view, async |once| {
        uploads::announce(&app, &who.shop, None, "console", content_type, size, once).await
    })
    .await
}
