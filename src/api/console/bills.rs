//! WeChat Pay's bills held against the books: which were read, what differs, and a day as a file.

use crate::api::routes::Routes;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::Fen;
use kernel::failure::Invalid;
use kernel::id::{BillRunId, CaseId, OperatorId};
use serde::{Deserialize, Serialize};

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, PathId, QueryOf, page_request};
use crate::api::fields::Fields;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::bills::cases::{self, Wanted};
use crate::areas::bills::entity::{case, run};
use crate::areas::bills::state::{BillKind, CaseCause, CaseClass, CaseState, RunState, Subject};
use crate::areas::bills::{BillsError, runs};
use crate::flows::reconcile_bills;

pub(super) fn routes(config: &mut Routes) {
    config
        .service(list_runs)
        .service(list_cases)
        .service(one_case)
        .service(resolve)
        .service(export_csv)
        .service(export_xlsx);
}

/// Which runs.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RunsQuery {
    /// Only those of this day (Beijing).
    day: Option<NaiveDate>,
    /// Only those in this state.
    state: Option<RunState>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// One bill of one day, and how far it is reconciled.
#[derive(Serialize, utoipa::ToSchema)]
struct BillRunView {
    id: BillRunId,
    /// Beijing.
    day: String,
    kind: BillKind,
    state: RunState,
    /// SHA-1 of the bill as read; null while it is not, and of a day without a bill.
    hash: Option<String>,
    /// Lines of the bill.
    lines: i64,
    /// How many of them are judged.
    judged: i64,
    /// How many are as ours.
    matched: i64,
    /// Cases that this bill has found.
    cases: i64,
    /// How often it could not be read.
    failures: i32,
    /// Why, when it last could not.
    last_error: Option<String>,
    /// When it is asked for again.
    next_at: DateTime<Utc>,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

impl From<run::Model> for BillRunView {
    fn from(row: run::Model) -> Self {
        Self {
            id: row.id,
            day: row.day,
            kind: row.kind,
            state: row.state,
            hash: row.hash,
            lines: row.lines,
            judged: row.judged,
            matched: row.matched,
            cases: row.cases,
            failures: row.failures,
            last_error: row.last_error,
            next_at: row.next_at,
            created_at: row.created_at,
            finished_at: row.finished_at,
        }
    }
}

/// The bills that were asked for, newest first.
#[utoipa::path(
    tag = "books", operation_id = "bill_runs", security(("session" = [])), params(RunsQuery),
    responses((status = 200, body = ListView<BillRunView>), Failures)
)]
#[get("/console/api/v1/bill-runs")]
async fn list_runs(app: web::Data<App>, who: Operator, asked: QueryOf<RunsQuery>) -> Reply {
    who.may(Permission::Books)?;
    let RunsQuery { day, state, limit, cursor } = asked.0;
    let page = runs::list(app.db.reader(), who.shop.id, day, state, &page_request(limit, cursor)?).await?;
    json(&ListView::from(page.map(BillRunView::from)))
}

/// Which cases.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CasesQuery {
    /// Only those in this state.
    state: Option<CaseState>,
    /// Only those with this cause.
    cause: Option<CaseCause>,
    /// Only those found by bills of this day (Beijing).
    day: Option<NaiveDate>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// A difference between a bill and the books.
#[derive(Serialize, utoipa::ToSchema)]
struct BillCaseView {
    id: CaseId,
    /// Of the bill it was found by; Beijing.
    day: String,
    kind: BillKind,
    /// What it is about.
    subject: Subject,
    /// On which side it stands.
    class: CaseClass,
    cause: CaseCause,
    /// Our number.
    our_no: Option<String>,
    /// WeChat Pay's number.
    platform_no: Option<String>,
    /// What we have.
    ours_fen: Option<Fen>,
    /// What the bill has.
    theirs_fen: Option<Fen>,
    /// What the amounts do not say.
    detail: Option<String>,
    state: CaseState,
    /// How it was settled.
    note: Option<String>,
    /// By whom; null when a bill settled it.
    resolved_by: Option<OperatorId>,
    created_at: DateTime<Utc>,
    resolved_at: Option<DateTime<Utc>>,
}

impl From<case::Model> for BillCaseView {
    fn from(row: case::Model) -> Self {
        Self {
            id: row.id,
            day: row.day,
            kind: row.kind,
            subject: row.subject,
            class: row.class,
            cause: row.cause,
            our_no: row.our_no,
            platform_no: row.platform_no,
            ours_fen: row.ours_fen,
            theirs_fen: row.theirs_fen,
            detail: row.detail,
            state: row.state,
            note: row.note,
            resolved_by: row.resolved_by,
            created_at: row.created_at,
            resolved_at: row.resolved_at,
        }
    }
}

/// What differs between bills and books, newest first.
#[utoipa::path(
    tag = "books", operation_id = "bill_cases", security(("session" = [])), params(CasesQuery),
    responses((status = 200, body = ListView<BillCaseView>), Failures)
)]
#[get("/console/api/v1/bill-cases")]
async fn list_cases(app: web::Data<App>, who: Operator, asked: QueryOf<CasesQuery>) -> Reply {
    who.may(Permission::Books)?;
    let CasesQuery { state, cause, day, limit, cursor } = asked.0;
    let wanted = Wanted { state, cause, day };
    let page = cases::list(app.db.reader(), who.shop.id, wanted, &page_request(limit, cursor)?).await?;
    json(&ListView::from(page.map(BillCaseView::from)))
}

/// One case.
#[utoipa::path(
    tag = "books", operation_id = "bill_case", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = BillCaseView), Failures)
)]
#[get("/console/api/v1/bill-cases/{id}")]
async fn one_case(app: web::Data<App>, who: Operator, id: PathId<CaseId>) -> Reply {
    who.may(Permission::Books)?;
    let found = cases::by_id(app.db.reader(), who.shop.id, *id).await?.ok_or(BillsError::NoCase(*id))?;
    json(&BillCaseView::from(found))
}

/// How a case was settled.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ResolveCase {
    /// What was found and done about it.
    #[schema(min_length = 1, max_length = 500)]
    note: String,
}

/// Resolves a case. It stays resolved, whatever later readings of its bill say.
#[utoipa::path(
    tag = "books", operation_id = "resolve_bill_case", security(("session" = [])), params(("id" = String, Path)),
    request_body = ResolveCase, responses((status = 200, body = BillCaseView), Failures)
)]
#[post("/console/api/v1/bill-cases/{id}/resolve")]
async fn resolve(app: web::Data<App>, who: Operator, id: PathId<CaseId>, body: JsonBody<ResolveCase>) -> Reply {
    who.may(Permission::Payouts)?;
    let mut fields = Fields::default();
    let note = fields.prose("note", &body.value.note, 1, 500);
    fields.done()?;
    let resolved = reconcile_bills::resolve(&app, &who.shop, who.operator, *id, &note).await?;
    json(&BillCaseView::from(resolved))
}

/// The workbook's own kind of content.
pub(super) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Every line of a day's bills with what became of it, and the day's cases: CSV in UTF-8 with a mark of
/// order, amounts in yuan.
#[utoipa::path(
    tag = "books", operation_id = "export_bills", security(("session" = [])),
    params(("day" = NaiveDate, Path, description = "Beijing")),
    responses((status = 200, content_type = "text/csv", body = String), Failures)
)]
#[get("/console/api/v1/bills/{day}/export.csv")]
async fn export_csv(app: web::Data<App>, who: Operator, day: web::Path<String>) -> Reply {
    who.may(Permission::Books)?;
    let day = day_of(&day)?;
    let text = reconcile_bills::csv(&app, &who.shop, day).await?;
    Ok(file(day, "csv", "text/csv; charset=utf-8", text.into_bytes()))
}

/// The same as a workbook, whose long numbers no spreadsheet rounds.
#[utoipa::path(
    tag = "books", operation_id = "export_bills_xlsx", security(("session" = [])),
    params(("day" = NaiveDate, Path, description = "Beijing")),
    responses((
        status = 200, body = Vec<u8>,
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ), Failures)
)]
#[get("/console/api/v1/bills/{day}/export.xlsx")]
async fn export_xlsx(app: web::Data<App>, who: Operator, day: web::Path<String>) -> Reply {
    who.may(Permission::Books)?;
    let day = day_of(&day)?;
    let book = reconcile_bills::xlsx(&app, &who.shop, day).await?;
    Ok(file(day, "xlsx", XLSX, book))
}

fn day_of(text: &str) -> Result<NaiveDate, Invalid> {
    text.parse().map_err(|_| Invalid::field("day", "invalid", "a day as YYYY-MM-DD"))
}

fn file(day: NaiveDate, end: &str, kind: &str, bytes: Vec<u8>) -> HttpResponse {
    let name = format!("attachment; filename=\"bills-{day}.{end}\"");
    let mut response = HttpResponse::Ok();
    response.content_type(kind).insert_header((CONTENT_DISPOSITION, name));
    response.insert_header((CACHE_CONTROL, "private, no-store")).body(bytes)
}
