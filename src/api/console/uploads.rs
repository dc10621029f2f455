//! Pictures of goods and pages and proofs of payments, announced by operators; they are sent and served
//! as members' are.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{post, web};
use kernel::failure::Invalid;
use serde::Deserialize;

use crate::api::auth_console::Operator;
use crate::api::body::JsonBody;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply};
use crate::api::storefront::uploads::{UploadView, check_size};
use crate::app::App;
use crate::areas::content::files::FileKind;
use crate::flows::uploads::{self, Announced};

pub(super) fn routes(config: &mut Routes) {
    config.service(announce_console_upload);
}

/// What an operator's file is for.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum ConsolePurpose {
    /// Shown in the shop, or to a payer who complains.
    #[default]
    Picture,
    /// Proves a payment; this alone may be a PDF.
    Proof,
}

/// A file about to be sent.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AnnounceConsole {
    /// What it is for; `picture` when left out.
    #[serde(default)]
    purpose: ConsolePurpose,
    content_type: FileKind,
    /// Bytes; the file may have fewer.
    #[schema(minimum = 1, maximum = 10_485_760)]
    size: i64,
}

/// Asks for a place to send a file to.
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
    let AnnounceConsole { purpose, content_type, size } = body.value;
    check_size(&app, size)?;
    let is_proof = purpose == ConsolePurpose::Proof;
    if !is_proof && content_type.picture().is_none() {
        return Err(Invalid::field("content_type", "invalid", "a PDF is taken as a proof alone").into());
    }
    let word = if is_proof { "proof" } else { "console" };
    let view = |announced: &Announced| UploadView::from(announced);
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::CREATED, view, async |once| {
        uploads::announce(&app, &who.shop, None, word, content_type, size, once).await
    })
    .await
}
