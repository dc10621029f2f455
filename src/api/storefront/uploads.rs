//! Pictures: announced here, sent to the signed address, served under a name nobody can guess.

use crate::api::routes::Routes;
use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, post, put, web};
use chrono::{DateTime, Utc};
use futures::StreamExt;
use kernel::checks::Checks;
use kernel::failure::Invalid;
use kernel::id::UploadId;
use serde::{Deserialize, Serialize};

use crate::api::auth::SignedInMember;
use crate::api::body::{JsonBody, PathId, QueryOf, read_all};
use crate::api::problem::{ApiError, Failures};
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::app::App;
use crate::areas::content::UploadError;
use crate::areas::content::pictures::PictureKind;
use crate::flows::uploads::{self, Announced};

/// Fields of a form beside the file; more is not what `wx.uploadFile` sends.
const FIELDS_MAX: usize = 10;

pub(super) fn routes(config: &mut Routes) {
    config.service(announce_upload).service(post_upload).service(put_upload);
}

/// What a member's picture is for.
#[derive(Clone, Copy, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Purpose {
    Avatar,
    AfterSale,
    LeaderApplication,
}

impl Purpose {
    fn word(self) -> &'static str {
        match self {
            Self::Avatar => "avatar",
            Self::AfterSale => "after_sale",
            Self::LeaderApplication => "leader_application",
        }
    }
}

/// A picture about to be sent.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Announce {
    purpose: Purpose,
    content_type: PictureKind,
    /// Bytes; the file may have fewer.
    #[schema(minimum = 1, maximum = 10_485_760)]
    size: i64,
}

/// Where to send a picture.
#[derive(Serialize, utoipa::ToSchema)]
pub struct UploadView {
    id: UploadId,
    /// Good once: for `wx.uploadFile`, or for a bare `PUT` of the bytes.
    upload_url: String,
    /// `POST` with a form.
    method: &'static str,
    /// The form's field that holds the file.
    field: &'static str,
    /// Until when `upload_url` is good.
    expires_at: DateTime<Utc>,
    /// Where the picture will be.
    url: String,
}

impl From<&Announced> for UploadView {
    fn from(announced: &Announced) -> Self {
        let Announced { id, upload_url, expires_at, url } = announced.clone();
        Self { id, upload_url, method: "POST", field: "file", expires_at, url }
    }
}

/// Checks an announced size against the configured limit.
pub(crate) fn check_size(app: &App, size: i64) -> Result<(), Invalid> {
    let mut checks = Checks::default();
    checks.range("size", size, 1, i64::try_from(app.config.limits.upload_bytes).unwrap_or(i64::MAX));
    checks.done()
}

/// Asks for a place to send a picture to.
#[utoipa::path(tag = "uploads", security(("bearer" = [])), request_body = Announce,
    params(("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    responses((status = 201, body = UploadView), Failures))]
#[post("/api/v1/uploads")]
async fn announce_upload(
    app: web::Data<App>,
    who: SignedInMember,
    key: IdempotencyKey,
    body: JsonBody<Announce>,
) -> Reply {
    let Announce { purpose, content_type, size } = body.value;
    check_size(&app, size)?;
    let view = |announced: &Announced| UploadView::from(announced);
    key.once(&app, who.shop.id, who.member, &body.hash, StatusCode::CREATED, view, async |once| {
        uploads::announce(&app, &who.shop, Some(who.member), purpose.word(), content_type.into(), size, once).await
    })
    .await
}

/// The signature of an upload's address.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Signed {
    /// Unix seconds.
    expires: i64,
    /// As `upload_url` carries it.
    sig: String,
}

/// The form that `wx.uploadFile` sends.
#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "describes the form; its parts are read one by one")]
struct PictureForm {
    /// The picture.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Where a picture is.
#[derive(Serialize, utoipa::ToSchema)]
struct StoredView {
    id: UploadId,
    url: String,
}

/// Takes the picture, as `wx.uploadFile` sends it.
#[utoipa::path(tag = "uploads", security(("signature" = [])), params(("id" = String, Path), Signed),
    request_body(content = PictureForm, content_type = "multipart/form-data"),
    responses((status = 200, body = StoredView), Failures))]
#[post("/api/v1/uploads/{id}/file")]
async fn post_upload(
    app: web::Data<App>,
    id: PathId<UploadId>,
    signed: QueryOf<Signed>,
    request: HttpRequest,
    payload: web::Payload,
) -> Reply {
    take(&app, *id, &signed.0, &request, payload).await
}

/// Takes the picture as the bare body.
#[utoipa::path(tag = "uploads", security(("signature" = [])), params(("id" = String, Path), Signed),
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 200, body = StoredView), Failures))]
#[put("/api/v1/uploads/{id}/file")]
async fn put_upload(
    app: web::Data<App>,
    id: PathId<UploadId>,
    signed: QueryOf<Signed>,
    request: HttpRequest,
    payload: web::Payload,
) -> Reply {
    take(&app, *id, &signed.0, &request, payload).await
}

async fn take(app: &App, id: UploadId, signed: &Signed, request: &HttpRequest, payload: web::Payload) -> Reply {
    let row = uploads::at_address(app, id, signed.expires, &signed.sig).await?;
    let most = usize::try_from(row.size).unwrap_or_default();
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let bytes = if kind.to_ascii_lowercase().starts_with("multipart/form-data") {
        file_field(request, payload, most).await?
    } else {
        read_all(payload.into_inner(), most).await?
    };
    let url = uploads::receive(app, &row, &bytes).await?;
    json(&StoredView { id, url })
}

/// The form's field `file`, or its first with a file name; at most `most` bytes are read of each.
pub(crate) async fn file_field(request: &HttpRequest, payload: web::Payload, most: usize) -> Result<Vec<u8>, ApiError> {
    let mut form = Multipart::new(request.headers(), payload);
    const NOT_A_FORM: UploadError = UploadError::Invalid("the form could not be read");
    for _ in 0..FIELDS_MAX {
        let Some(field) = form.next().await else { break };
        let mut field = field.map_err(|_| NOT_A_FORM)?;
        let is_file = field.name() == Some("file")
            || field.content_disposition().is_some_and(|disposition| disposition.get_filename().is_some());
        let bytes = field.bytes(most).await.map_err(|_| UploadError::TooLarge(most))?.map_err(|_| NOT_A_FORM)?;
        if is_file {
            return Ok(bytes.to_vec());
        }
    }
    Err(UploadError::Invalid("the form has no field named file").into())
}
