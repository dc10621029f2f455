//! What an import would do, what it refused and how its pictures are copied.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::{HttpResponse, get, post, web};
use kernel::Fen;
use kernel::id::{CategoryId, GoodsId, ImportId, SkuId};
use serde::Serialize;

use super::imports_body::NewImport;
use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, Nothing, PathId};
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::api::routes::Routes;
use crate::app::App;
use crate::areas::market_accounts::{pictures, query};
use crate::areas::stores::state::MatchedBy;
use crate::flows::import_goods::{self, Looked, Preview, PreviewVariant};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// Pictures named at most.
const FAILURES_MAX: u64 = 200;

pub(super) fn routes(config: &mut Routes) {
    // Before the runs: its name stands where theirs do.
    config.service(preview).service(refusals).service(copied).service(copy_again);
}

/// The first goods of an import as they would become ours.
#[derive(Serialize, utoipa::ToSchema)]
struct ImportPreview {
    items: Vec<PreviewView>,
    /// How many goods there are in all, where the marketplace says so.
    total: Option<u64>,
    /// Whether there are more than those shown.
    more: bool,
}

/// One item of a preview.
#[derive(Serialize, utoipa::ToSchema)]
struct PreviewView {
    /// The marketplace's id.
    external_id: String,
    /// Its title here.
    title: String,
    /// Its main picture there.
    picture: Option<String>,
    category_id: Option<CategoryId>,
    /// The marketplace's own category.
    external_category: Option<String>,
    /// Whether an import made goods of it before: they are renewed.
    imported: bool,
    /// Whether the shop has it already from elsewhere.
    duplicate: bool,
    /// Why it would be refused.
    refused: Option<String>,
    variants: Vec<PreviewVariantView>,
}

/// One variant of a preview.
#[derive(Serialize, utoipa::ToSchema)]
struct PreviewVariantView {
    /// The marketplace's id; empty for goods without variants.
    external_id: String,
    spec: Option<String>,
    /// The merchant's own code.
    sku_code: Option<String>,
    barcode: Option<String>,
    /// The price there in the smallest unit of `currency`.
    store_price: i64,
    currency: String,
    /// The same in fen.
    cost_fen: Fen,
    /// The price here.
    price_fen: Fen,
    /// Units there; null where nobody counts.
    quantity: Option<i64>,
    /// The SKU of ours that it would sell.
    sku_id: Option<SkuId>,
    matched_by: Option<MatchedBy>,
}

impl From<Looked> for ImportPreview {
    fn from(looked: Looked) -> Self {
        Self { items: looked.items.into_iter().map(Into::into).collect(), total: looked.total, more: looked.more }
    }
}

impl From<Preview> for PreviewView {
    fn from(item: Preview) -> Self {
        Self {
            external_id: item.external_id,
            title: item.title,
            picture: item.picture,
            category_id: item.category_id,
            external_category: item.external_category,
            imported: item.imported,
            duplicate: item.duplicate,
            refused: item.refused,
            variants: item.variants.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<PreviewVariant> for PreviewVariantView {
    fn from(variant: PreviewVariant) -> Self {
        Self {
            external_id: variant.external_id,
            spec: variant.spec,
            sku_code: variant.code,
            barcode: variant.barcode,
            store_price: variant.store_price,
            currency: variant.currency,
            cost_fen: variant.cost_fen,
            price_fen: variant.price_fen,
            quantity: variant.quantity,
            sku_id: variant.sku.map(|(sku, _)| sku),
            matched_by: variant.sku.map(|(_, by)| by),
        }
    }
}

/// Looks at the first goods of an import; nothing is written.
#[utoipa::path(
    tag = "imports", operation_id = "preview_import", security(("session" = [])), request_body = NewImport,
    responses((status = 200, body = ImportPreview), Failures)
)]
#[post("/console/api/v1/imports/preview")]
async fn preview(app: web::Data<App>, who: Operator, body: JsonBody<NewImport>) -> Reply {
    who.may(Permission::Goods)?;
    let order = body.value.order(&app, &who).await?;
    json(&ImportPreview::from(import_goods::preview(&app, &who.shop, &order).await?))
}

/// Everything an import refused, with its reason, as a workbook.
#[utoipa::path(
    tag = "imports", operation_id = "import_refusals", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = String, content_type = XLSX), Failures)
)]
#[get("/console/api/v1/imports/{id}/refusals.xlsx")]
async fn refusals(app: web::Data<App>, who: Operator, id: PathId<ImportId>) -> Reply {
    let file = import_goods::refusals_workbook(&app, &who.shop, *id).await?;
    let name = format!("attachment; filename=\"import-{}.xlsx\"", *id);
    let response = HttpResponse::Ok().content_type(XLSX).insert_header((CONTENT_DISPOSITION, name)).take();
    Ok({ response }.insert_header((CACHE_CONTROL, "private, no-store")).body(file))
}

/// How far the pictures of an import are.
#[derive(Serialize, utoipa::ToSchema)]
struct ImportPictures {
    /// To be fetched.
    waiting: u64,
    /// In our storage.
    stored: u64,
    /// Given up; the goods show the marketplace's.
    failed: u64,
    /// Some of those given up.
    failures: Vec<PictureFailure>,
}

/// A picture that was given up.
#[derive(Serialize, utoipa::ToSchema)]
struct PictureFailure {
    goods_id: GoodsId,
    address: String,
    /// What the last attempt met.
    trouble: Option<String>,
}

async fn shown(app: &App, who: &Operator, id: ImportId) -> Reply {
    let conn = app.db.reader();
    let run = query::run(conn, who.shop.id, id).await?;
    let progress = pictures::progress(conn, who.shop.id, run.id).await?;
    let failures = pictures::failures(conn, who.shop.id, run.id, FAILURES_MAX).await?;
    json(&ImportPictures {
        waiting: progress.waiting,
        stored: progress.stored,
        failed: progress.failed,
        failures: failures
            .into_iter()
            .map(|row| PictureFailure { goods_id: row.goods_id, address: row.address, trouble: row.trouble })
            .collect(),
    })
}

/// How far the pictures of an import are, and which were given up.
#[utoipa::path(
    tag = "imports", operation_id = "import_pictures", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = ImportPictures), Failures)
)]
#[get("/console/api/v1/imports/{id}/pictures")]
async fn copied(app: web::Data<App>, who: Operator, id: PathId<ImportId>) -> Reply {
    shown(&app, &who, *id).await
}

/// Tries the pictures that were given up once more.
#[utoipa::path(
    tag = "imports", operation_id = "copy_import_pictures", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = ImportPictures), Failures)
)]
#[post("/console/api/v1/imports/{id}/pictures")]
async fn copy_again(app: web::Data<App>, who: Operator, id: PathId<ImportId>, _: JsonBody<Nothing>) -> Reply {
    who.may(Permission::Goods)?;
    import_goods::try_pictures_again(&app, &who.shop, who.operator, *id).await?;
    shown(&app, &who, *id).await
}
