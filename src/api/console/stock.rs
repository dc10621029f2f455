//! Stock, as operators move it.

use std::collections::{BTreeMap, HashMap};

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use kernel::checks::Checks;
use kernel::id::{GoodsId, SkuId, StockWarningId, StoreId};
use kernel::page::Page;
use serde::{Deserialize, Serialize};

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, PathId, QueryOf, page_request};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::app::App;
use crate::areas::goods::draft::specs_of;
use crate::areas::goods::{GoodsError, query};
use crate::areas::stock;
use crate::areas::stock::entity::warning;
use crate::flows;
use crate::flows::goods::Moved;
use crate::flows::stock_channels::{ShownAt, shown_where};

/// Most units a movement may name.
const UNITS_MAX: i64 = 1_000_000_000;

pub(super) fn routes(config: &mut Routes) {
    config.service(move_stock).service(list_low_stock).service(list_warnings);
}

/// A movement of stock.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct MoveStock {
    /// Units that came, or, negative, went; not 0.
    #[schema(minimum = -1_000_000_000, maximum = 1_000_000_000)]
    delta: i64,
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// A SKU's numbers after a movement.
#[derive(Serialize, utoipa::ToSchema)]
struct StockView {
    sku_id: SkuId,
    delta: i64,
    /// Units that can be sold.
    stock: i64,
    /// Units that unpaid orders hold beside them.
    reserved: i64,
}

impl From<&Moved> for StockView {
    fn from(moved: &Moved) -> Self {
        Self { sku_id: moved.sku, delta: moved.delta, stock: moved.free, reserved: moved.reserved }
    }
}

/// Moves a SKU's stock: never an overwrite. Needs an `Idempotency-Key`.
#[utoipa::path(tag = "stock", security(("session" = [])), request_body = MoveStock,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header, description = "Required; the same key gets the same answer.")),
    responses((status = 201, body = StockView), Failures))]
#[post("/console/api/v1/skus/{id}/stock")]
async fn move_stock(
    app: web::Data<App>,
    who: Operator,
    id: PathId<SkuId>,
    key: IdempotencyKey,
    body: JsonBody<MoveStock>,
) -> Reply {
    who.may(Permission::Goods)?;
    let MoveStock { delta, reason } = &body.value;
    let mut checks = Checks::default();
    checks.range("delta", *delta, -UNITS_MAX, UNITS_MAX);
    checks.need(*delta != 0, "delta", "out_of_range", "not 0");
    checks.text("reason", reason, 1, 200);
    checks.done()?;
    let view = |moved: &Moved| StockView::from(moved);
    key.required()?
        .once(&app, who.shop.id, who.operator, &body.hash, StatusCode::CREATED, view, async |once| {
            flows::goods::move_stock(&app, &who.shop, who.operator, *id, *delta, reason, once).await
        })
        .await
}

/// What the list of low stock is asked with.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LowStockQuery {
    /// Units at or below which stock is low; the shop's `low_stock_threshold` when left out.
    #[param(minimum = 0, maximum = 1_000_000_000)]
    threshold: Option<i64>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    #[param(value_type = Option<String>)]
    cursor: Option<String>,
}

/// A SKU that runs low.
#[derive(Serialize, utoipa::ToSchema)]
struct LowStockView {
    sku_id: SkuId,
    goods_id: GoodsId,
    title: String,
    /// Dimension → value.
    specs: BTreeMap<String, String>,
    /// Units that can be sold.
    stock: i64,
}

/// SKUs that run low, oldest first.
#[utoipa::path(tag = "stock", security(("session" = [])), params(LowStockQuery),
    responses((status = 200, body = ListView<LowStockView>), Failures))]
#[get("/console/api/v1/stock/low")]
async fn list_low_stock(app: web::Data<App>, who: Operator, asked: QueryOf<LowStockQuery>) -> Reply {
    let (conn, shop, asked) = (app.db.reader(), who.shop.id, asked.0);
    let threshold = asked.threshold.unwrap_or(who.shop.settings.low_stock_threshold);
    let mut checks = Checks::default();
    checks.range("threshold", threshold, 0, UNITS_MAX);
    checks.done()?;
    let page = page_request(asked.limit, asked.cursor)?;
    let Page { items, next_cursor } = stock::query::low_stock(conn, shop, threshold, &page).await?;
    let skus = query::skus_by_ids(conn, shop, &items.iter().map(|low| low.sku).collect::<Vec<_>>()).await?;
    let goods = query::by_ids(conn, shop, &items.iter().map(|low| low.goods).collect::<Vec<_>>()).await?;
    let view = |low: &stock::query::LowStock| {
        let specs = skus.get(&low.sku).map(specs_of).transpose()?.unwrap_or_default();
        let title = goods.get(&low.goods).map(|goods| goods.title.clone()).unwrap_or_default();
        Ok::<_, GoodsError>(LowStockView { sku_id: low.sku, goods_id: low.goods, title, specs, stock: low.free })
    };
    let items = items.iter().map(view).collect::<Result<Vec<_>, _>>()?;
    json(&ListView::from(Page { items, next_cursor }))
}

/// Which warnings.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WarningsQuery {
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    #[param(value_type = Option<String>)]
    cursor: Option<String>,
}

/// The moment a SKU came down to the shop's `low_stock_threshold`; one until its stock rose again.
#[derive(Serialize, utoipa::ToSchema)]
struct StockWarningView {
    id: StockWarningId,
    sku_id: SkuId,
    /// Units that could be sold then.
    stock: i64,
    /// The threshold then.
    threshold: i64,
    at: DateTime<Utc>,
    /// The stores that show it.
    channels: Vec<WarnedChannel>,
}

/// A store that shows a SKU that runs low.
#[derive(Serialize, utoipa::ToSchema)]
struct WarnedChannel {
    store_id: StoreId,
    /// Its name for people.
    name: String,
    marketplace: String,
    /// What it shows, as far as is known.
    shown: Option<i64>,
}

impl From<&ShownAt> for WarnedChannel {
    fn from(at: &ShownAt) -> Self {
        Self { store_id: at.store, name: at.name.clone(), marketplace: at.marketplace.clone(), shown: at.shown }
    }
}

impl StockWarningView {
    fn new(row: warning::Model, shown: &HashMap<SkuId, Vec<ShownAt>>) -> Self {
        let channels = shown.get(&row.sku_id).into_iter().flatten().map(WarnedChannel::from).collect();
        Self { id: row.id, sku_id: row.sku_id, stock: row.free, threshold: row.threshold, at: row.at, channels }
    }
}

/// When SKUs began to run low, newest first.
#[utoipa::path(tag = "stock", security(("session" = [])), params(WarningsQuery),
    responses((status = 200, body = ListView<StockWarningView>), Failures))]
#[get("/console/api/v1/stock/warnings")]
async fn list_warnings(app: web::Data<App>, who: Operator, asked: QueryOf<WarningsQuery>) -> Reply {
    let page = page_request(asked.0.limit, asked.0.cursor)?;
    let page = stock::warnings::list(app.db.reader(), who.shop.id, &page).await?;
    let skus: Vec<SkuId> = page.items.iter().map(|row| row.sku_id).collect();
    let shown = shown_where(&app, who.shop.id, &skus).await?;
    json(&ListView::from(page.map(|row| StockWarningView::new(row, &shown))))
}
