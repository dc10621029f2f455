//! Where stores showed something else than they should.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use kernel::id::{SkuId, StockDriftId, StoreId, StoreSkuId};
use serde::{Deserialize, Serialize};

use super::bills::XLSX;
use super::stock_rules::{StockChannelView, told};
use super::store_views::seen;
use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, Nothing, PathId, QueryOf, page_request};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::channels::entity::drift;
use crate::areas::channels::state::Mending;
use crate::areas::channels::{ChannelError, drifts};
use crate::flows::stock_channels;

pub(super) fn routes(config: &mut Routes) {
    config.service(reconcile).service(list).service(export);
}

/// Reads what a store shows now, and mends what differs; a worker begins within seconds.
#[utoipa::path(
    tag = "channels", operation_id = "reconcile_store_stock", security(("session" = [])),
    params(("id" = String, Path)),
    responses((status = 202, body = StockChannelView, description = "Asked for."), Failures)
)]
#[post("/console/api/v1/stores/{id}/stock/reconcile")]
async fn reconcile(app: web::Data<App>, who: Operator, id: PathId<StoreId>, _: JsonBody<Nothing>) -> Reply {
    who.may(Permission::Goods)?;
    let row = seen(&app, &who, *id).await?;
    let channel = stock_channels::reconcile_now(&app, who.operator, &row).await?;
    let mut reply = json(&StockChannelView::new(row.id, Some(&channel))?)?;
    *reply.status_mut() = StatusCode::ACCEPTED;
    Ok(reply)
}

/// Which page.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DriftQuery {
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// A variant that showed something else than it should.
#[derive(Serialize, utoipa::ToSchema)]
struct DriftView {
    id: StockDriftId,
    store_sku_id: StoreSkuId,
    sku_id: SkuId,
    /// When the reading that found it began.
    run_at: DateTime<Utc>,
    /// What the store showed.
    shown: i64,
    /// What it should have shown.
    wanted: i64,
    /// The difference: above zero it could have sold what there is not.
    drift: i64,
    mending: Mending,
    at: DateTime<Utc>,
}

impl From<drift::Model> for DriftView {
    fn from(row: drift::Model) -> Self {
        Self {
            id: row.id,
            store_sku_id: row.store_sku_id,
            sku_id: row.sku_id,
            run_at: row.run_at,
            shown: row.shown,
            wanted: row.wanted,
            drift: row.shown.saturating_sub(row.wanted),
            mending: row.mending,
            at: row.at,
        }
    }
}

/// Where a store showed something else than it should, newest first, and what was done about it.
#[utoipa::path(
    tag = "channels", operation_id = "store_drift", security(("session" = [])),
    params(("id" = String, Path), DriftQuery),
    responses((status = 200, body = ListView<DriftView>), Failures)
)]
#[get("/console/api/v1/stores/{id}/drift")]
async fn list(app: web::Data<App>, who: Operator, id: PathId<StoreId>, asked: QueryOf<DriftQuery>) -> Reply {
    let row = seen(&app, &who, *id).await?;
    let page = page_request(asked.0.limit, asked.0.cursor)?;
    let page = drifts::list(app.db.reader(), row.shop_id, row.id, &page).await?;
    json(&ListView::from(page.map(DriftView::from)))
}

/// What the last reading of a store found, as a workbook.
#[utoipa::path(
    tag = "channels", operation_id = "export_store_drift", security(("session" = [])),
    params(("id" = String, Path)),
    responses((
        status = 200, body = Vec<u8>,
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ), Failures)
)]
#[get("/console/api/v1/stores/{id}/drift/export.xlsx")]
async fn export(app: web::Data<App>, who: Operator, id: PathId<StoreId>) -> Reply {
    let (row, channel) = told(&app, &who, *id).await?;
    let channel = channel.ok_or_else(|| ChannelError::NoStock(row.marketplace.clone()))?;
    let book = stock_channels::drift_xlsx(&app, &row, &channel).await?;
    let name = format!("attachment; filename=\"drift-{}.xlsx\"", row.name);
    let mut response = HttpResponse::Ok();
    response.content_type(XLSX).insert_header((CONTENT_DISPOSITION, name));
    Ok(response.insert_header((CACHE_CONTROL, "private, no-store")).body(book))
}
