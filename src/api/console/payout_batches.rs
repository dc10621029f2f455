//! Sheets that pay withdrawals outside WeChat, and what came of them.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use kernel::Fen;
use kernel::failure::Invalid;
use kernel::id::{OperatorId, PayoutBatchId, WithdrawalId};
use serde::{Deserialize, Serialize};

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, PageQuery, PathId, QueryOf, read_all};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::api::storefront::uploads::file_field;
use crate::app::App;
use crate::areas::payouts::batches;
use crate::areas::payouts::entity::{payout_batch, withdrawal};
use crate::areas::payouts::results::Judged;
use crate::areas::payouts::state::{BatchState, WithdrawalChannel, WithdrawalState};
use crate::flows::payout::batch::{self, Batch, Imported};

/// The workbook's own kind of content.
pub(super) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

pub(super) fn routes(config: &mut Routes) {
    config.service(make).service(list).service(one).service(sheet_xlsx).service(sheet_csv).service(results);
}

/// Which withdrawals.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct MakeBatch {
    /// `bank` or `alipay`.
    channel: WithdrawalChannel,
}

/// A sheet.
#[derive(Serialize, utoipa::ToSchema)]
struct BatchSummary {
    id: PayoutBatchId,
    channel: WithdrawalChannel,
    state: BatchState,
    /// How many withdrawals it pays.
    rows_count: i32,
    /// What it pays in all.
    net_fen: Fen,
    created_by: OperatorId,
    created_at: DateTime<Utc>,
    /// When the last result came.
    settled_at: Option<DateTime<Utc>>,
}

impl From<payout_batch::Model> for BatchSummary {
    fn from(row: payout_batch::Model) -> Self {
        Self {
            id: row.id,
            channel: row.channel,
            state: row.state,
            rows_count: row.rows_count,
            net_fen: row.net_fen,
            created_by: row.created_by,
            created_at: row.created_at,
            settled_at: row.settled_at,
        }
    }
}

/// A withdrawal of a sheet.
#[derive(Serialize, utoipa::ToSchema)]
struct BatchRow {
    withdrawal_id: WithdrawalId,
    state: WithdrawalState,
    /// What it pays.
    net_fen: Fen,
    /// To whom, masked; the whole number stands in the sheet alone.
    payee: Option<String>,
    /// Why it failed.
    reason: Option<String>,
}

impl From<&withdrawal::Model> for BatchRow {
    fn from(row: &withdrawal::Model) -> Self {
        Self {
            withdrawal_id: row.id,
            state: row.state,
            net_fen: row.net_fen,
            payee: row.payee_mask.clone(),
            reason: row.reason.clone(),
        }
    }
}

/// A sheet with what it pays.
#[derive(Serialize, utoipa::ToSchema)]
struct BatchView {
    #[serde(flatten)]
    batch: BatchSummary,
    /// In the sheet's order.
    rows: Vec<BatchRow>,
}

fn view_of(batch: &Batch) -> BatchView {
    BatchView {
        batch: BatchSummary::from(batch.row.clone()),
        rows: batch.withdrawals.iter().map(BatchRow::from).collect(),
    }
}

/// Takes the granted withdrawals of a channel, at most 500, onto a sheet: they are `paying` until their
/// result is imported, and stand on no other sheet.
#[utoipa::path(
    tag = "payouts", operation_id = "make_payout_batch", security(("session" = [])), request_body = MakeBatch,
    params(("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    responses((status = 201, body = BatchView), Failures)
)]
#[post("/console/api/v1/payout-batches")]
async fn make(app: web::Data<App>, who: Operator, key: IdempotencyKey, body: JsonBody<MakeBatch>) -> Reply {
    who.may(Permission::Payouts)?;
    let channel = body.value.channel;
    if !channel.by_sheet() {
        return Err(Invalid::field("channel", "invalid", "bank or alipay").into());
    }
    let work = async |once: &_| batch::make(&app, &who.shop, channel, who.operator, once).await;
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::CREATED, view_of, work).await
}

/// The sheets, newest first.
#[utoipa::path(
    tag = "payouts", operation_id = "payout_batches", security(("session" = [])), params(PageQuery),
    responses((status = 200, body = ListView<BatchSummary>), Failures)
)]
#[get("/console/api/v1/payout-batches")]
async fn list(app: web::Data<App>, who: Operator, page: QueryOf<PageQuery>) -> Reply {
    who.may(Permission::Books)?;
    let page = batches::list(app.db.reader(), who.shop.id, &page.0.checked()?).await?;
    json(&ListView::from(page.map(BatchSummary::from)))
}

/// One sheet with its withdrawals.
#[utoipa::path(
    tag = "payouts", operation_id = "payout_batch", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = BatchView), Failures)
)]
#[get("/console/api/v1/payout-batches/{id}")]
async fn one(app: web::Data<App>, who: Operator, id: PathId<PayoutBatchId>) -> Reply {
    who.may(Permission::Books)?;
    json(&view_of(&batch::one(app.db.reader(), &who.shop, *id).await?))
}

/// The sheet as a workbook, with whole account numbers: for the bank alone. Who took it is in the audit
/// log.
#[utoipa::path(
    tag = "payouts", operation_id = "payout_sheet_xlsx", security(("session" = [])), params(("id" = String, Path)),
    responses((
        status = 200, body = Vec<u8>,
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ), Failures)
)]
#[get("/console/api/v1/payout-batches/{id}/sheet.xlsx")]
async fn sheet_xlsx(app: web::Data<App>, who: Operator, id: PathId<PayoutBatchId>) -> Reply {
    who.may(Permission::Payouts)?;
    let book = batch::xlsx(&app, &who.shop, *id, who.operator).await?;
    Ok(file(&format!("payout-{}.xlsx", *id), XLSX, book))
}

/// The same as CSV in UTF-8 with a mark of order.
#[utoipa::path(
    tag = "payouts", operation_id = "payout_sheet_csv", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, content_type = "text/csv", body = String), Failures)
)]
#[get("/console/api/v1/payout-batches/{id}/sheet.csv")]
async fn sheet_csv(app: web::Data<App>, who: Operator, id: PathId<PayoutBatchId>) -> Reply {
    who.may(Permission::Payouts)?;
    let text = batch::csv(&app, &who.shop, *id, who.operator).await?;
    Ok(file(&format!("payout-{}.csv", *id), "text/csv; charset=utf-8", text.into_bytes()))
}

pub(super) fn file(name: &str, kind: &str, bytes: Vec<u8>) -> HttpResponse {
    let name = format!("attachment; filename=\"{name}\"");
    let mut response = HttpResponse::Ok();
    response.content_type(kind).insert_header((CONTENT_DISPOSITION, name));
    response.insert_header((CACHE_CONTROL, "private, no-store")).body(bytes)
}

/// The form with the file of results.
#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "describes the form; its parts are read one by one")]
struct ResultsForm {
    /// The sheet with its columns `结果` (成功 or 失败; `paid` or `failed`) and `失败原因` filled in: a
    /// workbook, or CSV in UTF-8.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// What a file of results did.
#[derive(Serialize, utoipa::ToSchema)]
struct ResultsView {
    #[serde(flatten)]
    batch: BatchSummary,
    /// Row by row.
    results: Vec<Judged>,
}

impl From<Imported> for ResultsView {
    fn from(imported: Imported) -> Self {
        Self { batch: BatchSummary::from(imported.batch.row), results: imported.rows }
    }
}

/// Imports the results of a sheet, as a form or as the bare body. A row is known by its withdrawal and
/// has to agree in amount and in the account's last four characters. With one row that does not fit
/// nothing changes, and `extra.rows` of the refusal says what is wrong with which; the same file may come
/// twice.
#[utoipa::path(
    tag = "payouts", operation_id = "payout_results", security(("session" = [])), params(("id" = String, Path)),
    request_body(content = ResultsForm, content_type = "multipart/form-data"),
    responses((status = 200, body = ResultsView), Failures)
)]
#[post("/console/api/v1/payout-batches/{id}/results")]
async fn results(
    app: web::Data<App>,
    who: Operator,
    id: PathId<PayoutBatchId>,
    request: HttpRequest,
    payload: web::Payload,
) -> Reply {
    who.may(Permission::Payouts)?;
    let most = app.config.limits.upload_bytes;
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let bytes = if kind.to_ascii_lowercase().starts_with("multipart/form-data") {
        file_field(&request, payload, most).await?
    } else {
        read_all(payload.into_inner(), most).await?
    };
    json(&ResultsView::from(batch::import(&app, &who.shop, *id, who.operator, bytes).await?))
}
