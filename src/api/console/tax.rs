//! What was withheld from leaders, for the tax office.

use crate::api::routes::Routes;
use actix_web::{get, web};

use super::payout_batches::{XLSX, file};
use crate::api::auth_console::{Operator, Permission};
use crate::api::problem::Failures;
use crate::api::reply::Reply;
use crate::app::App;
use crate::flows::payout::tax_report::{self, Quarter};

pub(super) fn routes(config: &mut Routes) {
    config.service(export_csv).service(export_xlsx);
}

/// Everybody paid in a quarter by withdrawal, with name, ID number, gross income, fee, tax and net, and
/// the sum of all: CSV in UTF-8 with a mark of order, amounts in yuan. Who took it is in the audit log.
#[utoipa::path(
    tag = "payouts", operation_id = "export_tax", security(("session" = [])),
    params(("quarter" = String, Path, description = "Such as 2026-Q4; Beijing")),
    responses((status = 200, content_type = "text/csv", body = String), Failures)
)]
#[get("/console/api/v1/tax/{quarter}/export.csv")]
async fn export_csv(app: web::Data<App>, who: Operator, quarter: web::Path<String>) -> Reply {
    who.may(Permission::Payouts)?;
    let quarter: Quarter = quarter.parse()?;
    let text = tax_report::csv(&app, &who.shop, quarter, who.operator).await?;
    Ok(file(&format!("tax-{quarter}.csv"), "text/csv; charset=utf-8", text.into_bytes()))
}

/// The same as a workbook.
#[utoipa::path(
    tag = "payouts", operation_id = "export_tax_xlsx", security(("session" = [])),
    params(("quarter" = String, Path, description = "Such as 2026-Q4; Beijing")),
    responses((
        status = 200, body = Vec<u8>,
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ), Failures)
)]
#[get("/console/api/v1/tax/{quarter}/export.xlsx")]
async fn export_xlsx(app: web::Data<App>, who: Operator, quarter: web::Path<String>) -> Reply {
    who.may(Permission::Payouts)?;
    let quarter: Quarter = quarter.parse()?;
    let book = tax_report::xlsx(&app, &who.shop, quarter, who.operator).await?;
    Ok(file(&format!("tax-{quarter}.xlsx"), XLSX, book))
}
