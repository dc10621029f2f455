//! Suppliers' statements: made, checked line by line, paid, exported. A supplier's own operator sees
//! its statements alone.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use kernel::Fen;
use kernel::id::{OperatorId, OrderId, OrderLineId, SupplierId, SupplierPartId, SupplierStatementId, UploadId};
use serde::{Deserialize, Serialize};

use super::supplier_views::SupplierLine;
use super::withdrawals::ConsoleTransfer;
use crate::api::auth_console::{AnyOperator, Operator, Permission};
use crate::api::body::{JsonBody, Nothing, PageQuery, PathId, QueryOf};
use crate::api::fields::Fields;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::app::App;
use crate::areas::payouts;
use crate::areas::payouts::entity::transfer;
use crate::areas::suppliers::entity::statement;
use crate::areas::suppliers::state::{MovementKind, PaymentWay, Payout, StatementState};
use crate::areas::suppliers::{query, statements};
use crate::flows::supplier_statements::{self as flow, Line};

pub(super) fn routes(config: &mut Routes) {
    config
        .service(list_statements)
        .service(make_statement)
        .service(one_statement)
        .service(confirm_statement)
        .service(pay_statement)
        .service(statement_paid)
        .service(statement_failed)
        .service(cancel_statement)
        .service(export_statement_csv)
        .service(export_statement_xlsx);
}

/// What a supplier earned in a period, and what of it is paid.
#[derive(Serialize, utoipa::ToSchema)]
struct SupplierStatement {
    id: SupplierStatementId,
    supplier_id: SupplierId,
    /// Counted from 1 for each supplier.
    number: i32,
    /// null on the first.
    from: Option<DateTime<Utc>>,
    until: DateTime<Utc>,
    /// What the supplier had available before, below zero what it owed.
    opening_fen: Fen,
    closing_fen: Fen,
    /// The closing balance less what earlier statements are still to pay.
    due_fen: Fen,
    /// What is paid or being paid: less than is due where later refunds took of it.
    paid_fen: Fen,
    state: StatementState,
    payout: Payout,
    confirmed_by: Option<OperatorId>,
    confirmed_at: Option<DateTime<Utc>>,
    paid_by: Option<OperatorId>,
    paid_at: Option<DateTime<Utc>>,
    reference: Option<String>,
    /// Where the proof is.
    proof: Option<String>,
    fail_reason: Option<String>,
    /// The newest transfer that pays it, or was to.
    transfer: Option<ConsoleTransfer>,
    created_at: DateTime<Utc>,
}

impl SupplierStatement {
    fn new(base: &str, row: &statement::Model, transfer: Option<&transfer::Model>) -> Self {
        Self {
            id: row.id,
            supplier_id: row.supplier_id,
            number: row.no,
            from: row.from_at,
            until: row.until_at,
            opening_fen: row.opening_fen,
            closing_fen: row.closing_fen,
            due_fen: row.due_fen,
            paid_fen: row.paid_fen,
            state: row.state,
            payout: row.payout,
            confirmed_by: row.confirmed_by,
            confirmed_at: row.confirmed_at,
            paid_by: row.paid_by,
            paid_at: row.paid_at,
            reference: row.reference.clone(),
            proof: row.proof.as_ref().map(|file| format!("{base}/files/{file}")),
            fail_reason: row.fail_reason.clone(),
            transfer: transfer.map(ConsoleTransfer::from),
            created_at: row.created_at,
        }
    }
}

/// A statement with its lines.
#[derive(Serialize, utoipa::ToSchema)]
struct SupplierStatementDetail {
    #[serde(flatten)]
    statement: SupplierStatement,
    lines: Vec<SupplierStatementLine>,
}

/// One movement of what the supplier has available.
#[derive(Serialize, utoipa::ToSchema)]
struct SupplierStatementLine {
    kind: MovementKind,
    at: DateTime<Utc>,
    /// Below zero what goes.
    amount_fen: Fen,
    order_id: Option<OrderId>,
    line_id: Option<OrderLineId>,
    part_id: Option<SupplierPartId>,
    /// The order line it is of, where it is of one.
    of: Option<SupplierLine>,
}

impl SupplierStatementLine {
    fn new(line: &Line) -> Self {
        Self {
            kind: line.movement.kind,
            at: line.movement.at,
            amount_fen: line.movement.amount_fen,
            order_id: line.movement.order_id,
            line_id: line.movement.line_id,
            part_id: line.of.as_ref().map(|(_, part)| part.id),
            of: line.of.as_ref().map(|(line, part)| SupplierLine::new(line, part)),
        }
    }
}

/// A supplier's statements, newest first.
#[utoipa::path(
    tag = "suppliers", operation_id = "list_supplier_statements", security(("session" = [])),
    params(("id" = SupplierId, Path), PageQuery),
    responses((status = 200, body = ListView<SupplierStatement>), Failures)
)]
#[get("/console/api/v1/suppliers/{id}/statements")]
async fn list_statements(
    app: web::Data<App>,
    who: AnyOperator,
    id: PathId<SupplierId>,
    asked: QueryOf<PageQuery>,
) -> Reply {
    who.sees(*id)?;
    let supplier = query::by_id(app.db.reader(), who.shop().id, *id).await?;
    let rows = statements::list(app.db.reader(), who.shop().id, supplier.id, &asked.0.checked()?).await?;
    let ids: Vec<_> = rows.items.iter().map(|row| row.id).collect();
    let transfers = payouts::query::transfers_of_statements(app.db.reader(), who.shop().id, &ids).await?;
    let view = |row: statement::Model| {
        let own = transfers.iter().find(|transfer| transfer.statement_id == Some(row.id));
        SupplierStatement::new(&app.config.server.public_url, &row, own)
    };
    json(&ListView::from(rows.map(view)))
}

/// Makes the next statement now, of everything that moved since the last.
#[utoipa::path(
    tag = "suppliers", operation_id = "make_supplier_statement", security(("session" = [])),
    params(("id" = SupplierId, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = SupplierStatement), Failures)
)]
#[post("/console/api/v1/suppliers/{id}/statements")]
async fn make_statement(
    app: web::Data<App>,
    who: Operator,
    id: PathId<SupplierId>,
    key: IdempotencyKey,
    body: JsonBody<Nothing>,
) -> Reply {
    who.may(Permission::Suppliers)?;
    let key = key.required()?;
    let base = app.config.server.public_url.clone();
    let view = move |row: &statement::Model| SupplierStatement::new(&base, row, None);
    let work = async |once: &_| flow::make(&app, &who.shop, who.operator, *id, once).await;
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::CREATED, view, work).await
}

/// A statement, line by line.
#[utoipa::path(
    tag = "suppliers", operation_id = "supplier_statement", security(("session" = [])),
    params(("id" = SupplierStatementId, Path)), responses((status = 200, body = SupplierStatementDetail), Failures)
)]
#[get("/console/api/v1/supplier-statements/{id}")]
async fn one_statement(app: web::Data<App>, who: AnyOperator, id: PathId<SupplierStatementId>) -> Reply {
    let row = seen(&app, &who, *id).await?;
    let lines = flow::lines_of(app.db.reader(), &row).await?;
    json(&SupplierStatementDetail {
        statement: view_of(&app, &row).await?,
        lines: lines.iter().map(SupplierStatementLine::new).collect(),
    })
}

async fn view_of(app: &App, row: &statement::Model) -> Result<SupplierStatement, kernel::Failure> {
    let transfers = payouts::query::transfers_of_statements(app.db.reader(), row.shop_id, &[row.id]).await?;
    Ok(SupplierStatement::new(&app.config.server.public_url, row, transfers.first()))
}

async fn shown(app: &App, row: &statement::Model) -> Reply {
    json(&view_of(app, row).await?)
}

/// The statement, if the caller may see it. To another supplier it does not exist.
async fn seen(app: &App, who: &AnyOperator, id: SupplierStatementId) -> Result<statement::Model, kernel::Failure> {
    let row = statements::by_id(app.db.reader(), who.shop().id, id).await?;
    if who.sees(row.supplier_id).is_err() {
        return Err(crate::areas::suppliers::SupplierError::StatementNotFound(id).into());
    }
    Ok(row)
}

/// The supplier, or an operator in its name, found the statement right.
#[utoipa::path(
    tag = "suppliers", operation_id = "confirm_supplier_statement", security(("session" = [])),
    params(("id" = SupplierStatementId, Path)),
    responses((status = 200, body = SupplierStatement), Failures)
)]
#[post("/console/api/v1/supplier-statements/{id}/confirm")]
async fn confirm_statement(
    app: web::Data<App>,
    who: AnyOperator,
    id: PathId<SupplierStatementId>,
    _: JsonBody<Nothing>,
) -> Reply {
    if who.supplier().is_none() {
        who.operator().may(Permission::Suppliers)?;
    }
    seen(&app, &who, *id).await?;
    let row = flow::confirm(&app, who.shop(), who.operator().operator, *id).await?;
    shown(&app, &row).await
}

/// How a statement is to be paid.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PaySupplierStatement {
    /// When left out: by transfer where the supplier's `payout` is that, else by hand.
    way: Option<PaymentWay>,
}

/// Sets the statement's money aside to be paid: what is due, as far as refunds and shares since then
/// have left it. By transfer it is sent at once, and the supplier's payee confirms it in the mini-program;
/// how that ends the platform alone says.
#[utoipa::path(
    tag = "suppliers", operation_id = "pay_supplier_statement", security(("session" = [])),
    request_body = PaySupplierStatement,
    params(("id" = SupplierStatementId, Path)),
    responses((status = 200, body = SupplierStatement), Failures)
)]
#[post("/console/api/v1/supplier-statements/{id}/pay")]
async fn pay_statement(
    app: web::Data<App>,
    who: Operator,
    id: PathId<SupplierStatementId>,
    body: JsonBody<PaySupplierStatement>,
) -> Reply {
    who.may(Permission::Payouts)?;
    let row = flow::pay(&app, &who.shop, who.operator, *id, body.value.way).await?;
    shown(&app, &row).await
}

/// How a statement was paid.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SupplierStatementPaid {
    /// What the bank calls the payment.
    #[schema(min_length = 1, max_length = 100)]
    reference: String,
    /// A picture or a PDF of the payment, uploaded before.
    proof_upload_id: UploadId,
}

/// Notes that the money has left, with the proof.
#[utoipa::path(
    tag = "suppliers", operation_id = "supplier_statement_paid", security(("session" = [])),
    request_body = SupplierStatementPaid, params(("id" = SupplierStatementId, Path)),
    responses((status = 200, body = SupplierStatement), Failures)
)]
#[post("/console/api/v1/supplier-statements/{id}/paid")]
async fn statement_paid(
    app: web::Data<App>,
    who: Operator,
    id: PathId<SupplierStatementId>,
    body: JsonBody<SupplierStatementPaid>,
) -> Reply {
    who.may(Permission::Payouts)?;
    let mut fields = Fields::default();
    let reference = fields.line("reference", &body.value.reference, 1, 100);
    fields.done()?;
    let proof = body.value.proof_upload_id;
    let row = flow::paid(&app, &who.shop, who.operator, *id, &reference, proof).await?;
    shown(&app, &row).await
}

/// Why a statement's payment failed.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SupplierStatementFailed {
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// Notes that the payment failed: the money is the supplier's again, and may be paid anew.
#[utoipa::path(
    tag = "suppliers", operation_id = "supplier_statement_failed", security(("session" = [])),
    request_body = SupplierStatementFailed, params(("id" = SupplierStatementId, Path)),
    responses((status = 200, body = SupplierStatement), Failures)
)]
#[post("/console/api/v1/supplier-statements/{id}/failed")]
async fn statement_failed(
    app: web::Data<App>,
    who: Operator,
    id: PathId<SupplierStatementId>,
    body: JsonBody<SupplierStatementFailed>,
) -> Reply {
    who.may(Permission::Payouts)?;
    let mut fields = Fields::default();
    let reason = fields.line("reason", &body.value.reason, 1, 200);
    fields.done()?;
    let row = flow::failed(&app, &who.shop, who.operator, *id, &reason).await?;
    shown(&app, &row).await
}

/// Has the transfer that pays a statement cancelled, as long as its payee has not confirmed it. The statement
/// shows `paying` until WeChat Pay says that it is cancelled; then it may be paid anew.
#[utoipa::path(
    tag = "suppliers", operation_id = "cancel_supplier_statement_transfer", security(("session" = [])),
    params(("id" = SupplierStatementId, Path)),
    responses((status = 200, body = SupplierStatement), Failures)
)]
#[post("/console/api/v1/supplier-statements/{id}/cancel")]
async fn cancel_statement(
    app: web::Data<App>,
    who: Operator,
    id: PathId<SupplierStatementId>,
    _: JsonBody<Nothing>,
) -> Reply {
    who.may(Permission::Payouts)?;
    let row = flow::cancel(&app, &who.shop, who.operator, *id).await?;
    shown(&app, &row).await
}

/// The statement as CSV in UTF-8 with a mark of order, amounts in yuan.
#[utoipa::path(
    tag = "suppliers", operation_id = "export_supplier_statement", security(("session" = [])),
    params(("id" = SupplierStatementId, Path)),
    responses((status = 200, content_type = "text/csv", body = String), Failures)
)]
#[get("/console/api/v1/supplier-statements/{id}/export.csv")]
async fn export_statement_csv(app: web::Data<App>, who: AnyOperator, id: PathId<SupplierStatementId>) -> Reply {
    let row = seen(&app, &who, *id).await?;
    let text = flow::csv(&app, who.shop(), *id).await?;
    Ok(file(&row, "csv", "text/csv; charset=utf-8", text.into_bytes()))
}

/// The same as a workbook.
#[utoipa::path(
    tag = "suppliers", operation_id = "export_supplier_statement_xlsx", security(("session" = [])),
    params(("id" = SupplierStatementId, Path)),
    responses((
        status = 200, body = Vec<u8>,
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ), Failures)
)]
#[get("/console/api/v1/supplier-statements/{id}/export.xlsx")]
async fn export_statement_xlsx(app: web::Data<App>, who: AnyOperator, id: PathId<SupplierStatementId>) -> Reply {
    let row = seen(&app, &who, *id).await?;
    let book = flow::xlsx(&app, who.shop(), *id).await?;
    Ok(file(&row, "xlsx", super::bills::XLSX, book))
}

fn file(row: &statement::Model, end: &str, kind: &str, bytes: Vec<u8>) -> HttpResponse {
    let name = format!("attachment; filename=\"statement-{}.{end}\"", row.id);
    let mut response = HttpResponse::Ok();
    response.content_type(kind).insert_header((CONTENT_DISPOSITION, name));
    response.insert_header((CACHE_CONTROL, "private, no-store")).body(bytes)
}
