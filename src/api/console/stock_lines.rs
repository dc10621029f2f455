//! What a store was told of each variant, and what came of it.

use crate::api::routes::Routes;
use actix_web::{get, post, put, web};
use chrono::{DateTime, Utc};
use kernel::Failure;
use kernel::checks::Checks;
use kernel::id::{SkuId, StoreId, StoreSkuId};
use serde::{Deserialize, Serialize};

use super::stock_rules::StockRule;
use super::store_views::seen;
use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{BodyError, JsonBody, PathId, QueryOf, page_request};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::channels::entity::line;
use crate::areas::channels::state::LineState;
use crate::areas::channels::{PushRule, lines};
use crate::flows::stock_channels;

/// Most lines named in one call.
const NAMED_MAX: usize = 500;

pub(super) fn routes(config: &mut Routes) {
    config.service(list).service(set_line_rule).service(replay);
}

/// Which lines are asked for.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StockLinesQuery {
    /// Only those in this state: `refused` and `dead` need somebody's attention.
    state: Option<LineState>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// What a store was told of one variant.
#[derive(Serialize, utoipa::ToSchema)]
struct StoreStockView {
    id: StoreSkuId,
    sku_id: Option<SkuId>,
    external_item_id: String,
    /// Empty for goods without variants.
    external_sku_id: String,
    /// The merchant's own code.
    sku_code: Option<String>,
    title: String,
    /// The variant in words.
    spec: Option<String>,
    state: LineState,
    /// What the store took last.
    told: Option<i64>,
    /// What it showed when it was last looked at or told.
    shown: Option<i64>,
    shown_at: Option<DateTime<Utc>>,
    /// Units it was seen to have sold that no order told of yet.
    unknown_sales: i64,
    /// When it is told again; null when there is nothing to tell.
    next_at: Option<DateTime<Utc>>,
    /// Refusals in a row.
    attempts: i32,
    /// What the marketplace said when it refused.
    last_error: Option<String>,
    /// The variant's own rule, instead of the store's.
    rule: Option<StockRule>,
}

impl StoreStockView {
    fn new(row: line::Model) -> Result<Self, Failure> {
        let rule = row.stock_rule.as_ref().map(PushRule::read).transpose()?;
        Ok(Self {
            id: row.id,
            sku_id: row.sku_id,
            external_item_id: row.external_item_id,
            external_sku_id: row.external_sku_id,
            sku_code: row.sku_code,
            title: row.title,
            spec: row.spec,
            state: row.stock_state,
            told: row.told,
            shown: row.shown,
            shown_at: row.shown_at,
            unknown_sales: row.unpulled,
            next_at: row.push_at,
            attempts: row.push_attempts,
            last_error: row.push_error,
            rule: rule.map(StockRule::from),
        })
    }
}

/// What a store was told of its variants that sell a SKU of the shop, oldest first.
#[utoipa::path(
    tag = "channels", operation_id = "store_stock", security(("session" = [])),
    params(("id" = String, Path), StockLinesQuery),
    responses((status = 200, body = ListView<StoreStockView>), Failures)
)]
#[get("/console/api/v1/stores/{id}/stock")]
async fn list(app: web::Data<App>, who: Operator, id: PathId<StoreId>, asked: QueryOf<StockLinesQuery>) -> Reply {
    let row = seen(&app, &who, *id).await?;
    let StockLinesQuery { state, limit, cursor } = asked.0;
    let page = page_request(limit, cursor)?;
    let page = lines::list(app.db.reader(), row.shop_id, row.id, state, &page).await?;
    let next_cursor = page.next_cursor;
    let items: Vec<_> = page.items.into_iter().map(StoreStockView::new).collect::<Result<_, _>>()?;
    json(&ListView::from(kernel::page::Page { items, next_cursor }))
}

/// A variant's own rule.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct OwnStockRule {
    /// null: the store's rule again.
    rule: Option<StockRule>,
}

/// Gives one variant a part of the stock of its own; it is told within seconds.
#[utoipa::path(
    tag = "channels", operation_id = "set_own_stock_rule", security(("session" = [])),
    params(("id" = String, Path), ("line" = String, Path)), request_body = OwnStockRule,
    responses((status = 200, body = StoreStockView), Failures)
)]
#[put("/console/api/v1/stores/{id}/stock/{line}/rule")]
async fn set_line_rule(
    app: web::Data<App>,
    who: Operator,
    id: PathId<StoreId>,
    path: web::Path<(String, String)>,
    body: JsonBody<OwnStockRule>,
) -> Reply {
    who.may(Permission::Goods)?;
    let row = seen(&app, &who, *id).await?;
    let line: StoreSkuId = path.1.parse().map_err(|_| BodyError::NoSuchId)?;
    let rule = body.value.rule.map(|rule| rule.read("rule.")).transpose()?;
    let line = stock_channels::set_line_rule(&app, who.operator, &row, line, rule.as_ref()).await?;
    json(&StoreStockView::new(line)?)
}

/// Which lines to tell again.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ReplayStock {
    /// All refused and given up ones, when left out.
    #[schema(max_items = 500)]
    lines: Option<Vec<StoreSkuId>>,
}

/// How many.
#[derive(Serialize, utoipa::ToSchema)]
struct ReplayedStock {
    /// Lines that are told again.
    lines: u64,
}

/// Tells refused and given up lines again.
#[utoipa::path(
    tag = "channels", operation_id = "replay_store_stock", security(("session" = [])),
    params(("id" = String, Path)), request_body = ReplayStock,
    responses((status = 200, body = ReplayedStock), Failures)
)]
#[post("/console/api/v1/stores/{id}/stock/replay")]
async fn replay(app: web::Data<App>, who: Operator, id: PathId<StoreId>, body: JsonBody<ReplayStock>) -> Reply {
    who.may(Permission::Goods)?;
    let row = seen(&app, &who, *id).await?;
    let named = body.value.lines.as_deref();
    let mut checks = Checks::default();
    checks.count("lines", named.map_or(0, <[_]>::len), NAMED_MAX);
    checks.done()?;
    let lines = stock_channels::replay(&app, who.operator, &row, named).await?;
    json(&ReplayedStock { lines })
}
