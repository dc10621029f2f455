//! Orders of merchants' stores: the list, one of them, and what operators decide about it.

use crate::api::routes::Routes;
use actix_web::{get, post, put, web};
use kernel::checks::Checks;
use kernel::failure::Invalid;
use kernel::id::{MarketOrderId, MarketOrderLineId, SkuId, StoreId};
use serde::{Deserialize, Serialize};

use super::market_order_views::{MarketOrderDetail, MarketOrderView};
use super::payout_batches::{XLSX, file};
use super::store_views::sight;
use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, Nothing, PathId, QueryOf, page_request};
use crate::api::fields::Fields;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::market_orders::MarketOrderError;
use crate::areas::market_orders::query::Wanted;
use crate::areas::market_orders::state::OrderState;
use crate::flows::market_orders::{self, Confirmed, Match, Whole};

/// Most orders confirmed at once.
const CONFIRMED_MAX: usize = 100;
/// The longest note or reason.
const NOTE_LENGTH: usize = 500;

pub(super) fn routes(config: &mut Routes) {
    config.service(list).service(workbook).service(confirm_all).service(one).service(confirm).service(cancel);
    config.service(put_note).service(match_line);
}

/// Which orders are asked for.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OrdersQuery {
    /// Only those of this store.
    store_id: Option<StoreId>,
    /// Only those in this state.
    state: Option<OrderState>,
    /// Only those with lines that match no SKU, or only the others.
    unmatched: Option<bool>,
    /// Only those with lines that lack units, or only the others.
    oversold: Option<bool>,
    /// The platform's number.
    #[param(max_length = 200)]
    external_id: Option<String>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

impl OrdersQuery {
    fn wanted(&self) -> Wanted {
        Wanted {
            stores: Vec::new(),
            state: self.state,
            unmatched: self.unmatched,
            oversold: self.oversold,
            external_id: self.external_id.clone(),
        }
    }
}

/// Orders of the stores that the operator may see, newest first.
#[utoipa::path(
    tag = "market orders", operation_id = "market_orders", security(("session" = [])), params(OrdersQuery),
    responses((status = 200, body = ListView<MarketOrderView>), Failures)
)]
#[get("/console/api/v1/market-orders")]
async fn list(app: web::Data<App>, who: Operator, asked: QueryOf<OrdersQuery>) -> Reply {
    let wanted = asked.0.wanted();
    let page = page_request(asked.0.limit, asked.0.cursor)?;
    let (page, _) = market_orders::list(&app, sight(&who), asked.0.store_id, wanted, &page).await?;
    json(&ListView::from(page.map(|row| MarketOrderView::from(&row))))
}

/// The same as a workbook, a row a line, at most 5,000 orders. Receivers are masked in it.
#[utoipa::path(
    tag = "market orders", operation_id = "market_orders_xlsx", security(("session" = [])), params(OrdersQuery),
    responses((
        status = 200, body = Vec<u8>,
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ), Failures)
)]
#[get("/console/api/v1/market-orders.xlsx")]
async fn workbook(app: web::Data<App>, who: Operator, asked: QueryOf<OrdersQuery>) -> Reply {
    let book = market_orders::xlsx(&app, sight(&who), asked.0.store_id, &asked.0.wanted()).await?;
    Ok(file("market-orders.xlsx", XLSX, book))
}

/// One order, with its lines, parcels and timeline.
#[utoipa::path(
    tag = "market orders", operation_id = "market_order", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = MarketOrderDetail), Failures)
)]
#[get("/console/api/v1/market-orders/{id}")]
async fn one(app: web::Data<App>, who: Operator, id: PathId<MarketOrderId>) -> Reply {
    let (order, _) = market_orders::one(&app, sight(&who), *id).await?;
    json(&MarketOrderDetail::from(&Whole::of(app.db.reader(), order).await?))
}

/// Confirms an order: it is to be sent. Refused while a line matches nothing or lacks units.
#[utoipa::path(
    tag = "market orders", operation_id = "confirm_market_order", security(("session" = [])),
    params(("id" = String, Path)), responses((status = 200, body = MarketOrderDetail), Failures)
)]
#[post("/console/api/v1/market-orders/{id}/confirm")]
async fn confirm(app: web::Data<App>, who: Operator, id: PathId<MarketOrderId>, _: JsonBody<Nothing>) -> Reply {
    who.may(Permission::Orders)?;
    json(&MarketOrderDetail::from(&market_orders::confirm(&app, &who.shop, sight(&who), *id).await?))
}

/// Which orders to confirm.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ConfirmMarketOrders {
    #[schema(min_items = 1, max_items = 100)]
    ids: Vec<MarketOrderId>,
}

/// What came of one of them.
#[derive(Serialize, utoipa::ToSchema)]
struct ConfirmedView {
    id: MarketOrderId,
    confirmed: bool,
    /// Why not: an error code.
    #[schema(required)]
    code: Option<String>,
    #[schema(required)]
    detail: Option<String>,
}

impl From<Confirmed> for ConfirmedView {
    fn from(done: Confirmed) -> Self {
        let code = done.refused.as_ref().map(|why| why.code().to_string());
        let detail = done.refused.map(|why| why.to_string());
        Self { id: done.id, confirmed: code.is_none(), code, detail }
    }
}

/// Confirms many orders, each for itself.
#[utoipa::path(
    tag = "market orders", operation_id = "confirm_market_orders", security(("session" = [])),
    request_body = ConfirmMarketOrders, responses((status = 200, body = ListView<ConfirmedView>), Failures)
)]
#[post("/console/api/v1/market-order-confirmations")]
async fn confirm_all(app: web::Data<App>, who: Operator, body: JsonBody<ConfirmMarketOrders>) -> Reply {
    who.may(Permission::Orders)?;
    let ids = body.value.ids;
    let mut checks = Checks::default();
    checks.need(!ids.is_empty(), "ids", "too_short", "at least one");
    checks.count("ids", ids.len(), CONFIRMED_MAX);
    checks.done()?;
    let done = market_orders::confirm_all(&app, &who.shop, sight(&who), &ids).await?;
    json(&ListView::from(done.into_iter().map(ConfirmedView::from).collect::<Vec<_>>()))
}

/// Why an order ends.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CancelMarketOrder {
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// Ends an order here: its units go back on sale. The platform is not told, since none lets an app cancel:
/// cancel it there too.
#[utoipa::path(
    tag = "market orders", operation_id = "cancel_market_order", security(("session" = [])),
    params(("id" = String, Path)), request_body = CancelMarketOrder,
    responses((status = 200, body = MarketOrderDetail), Failures)
)]
#[post("/console/api/v1/market-orders/{id}/cancel")]
async fn cancel(
    app: web::Data<App>,
    who: Operator,
    id: PathId<MarketOrderId>,
    body: JsonBody<CancelMarketOrder>,
) -> Reply {
    who.may(Permission::Orders)?;
    let reason = line("reason", &body.value.reason, 1)?;
    json(&MarketOrderDetail::from(&market_orders::cancel(&app, &who.shop, sight(&who), *id, &reason).await?))
}

fn line(field: &str, text: &str, least: usize) -> Result<String, Invalid> {
    let mut fields = Fields::default();
    let text = fields.prose(field, text, least, NOTE_LENGTH);
    fields.done().map(|()| text)
}

/// A note for colleagues.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NoteMarketOrder {
    /// Empty takes it away.
    #[schema(max_length = 500)]
    note: String,
}

/// Notes something about an order.
#[utoipa::path(
    tag = "market orders", operation_id = "note_market_order", security(("session" = [])),
    params(("id" = String, Path)), request_body = NoteMarketOrder,
    responses((status = 200, body = MarketOrderDetail), Failures)
)]
#[put("/console/api/v1/market-orders/{id}/note")]
async fn put_note(
    app: web::Data<App>,
    who: Operator,
    id: PathId<MarketOrderId>,
    body: JsonBody<NoteMarketOrder>,
) -> Reply {
    who.may(Permission::Orders)?;
    let note = line("note", &body.value.note, 0)?;
    json(&MarketOrderDetail::from(&market_orders::put_note(&app, &who.shop, sight(&who), *id, &note).await?))
}

/// Which SKU a line sells.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct MatchLine {
    sku_id: SkuId,
    /// Ties the store's listing to the SKU, for all later orders.
    #[serde(default)]
    remember: bool,
}

/// Says which SKU a line sells; what it had taken of another goes back.
#[utoipa::path(
    tag = "market orders", operation_id = "match_market_order_line", security(("session" = [])),
    params(("id" = String, Path), ("line" = String, Path)), request_body = MatchLine,
    responses((status = 200, body = MarketOrderDetail), Failures)
)]
#[put("/console/api/v1/market-orders/{id}/lines/{line}/sku")]
async fn match_line(
    app: web::Data<App>,
    who: Operator,
    id: PathId<MarketOrderId>,
    path: web::Path<(String, String)>,
    body: JsonBody<MatchLine>,
) -> Reply {
    who.may(Permission::Orders)?;
    let line: MarketOrderLineId = path.1.parse().map_err(|_| MarketOrderError::NotFound)?;
    let wish = Match { line, sku: body.value.sku_id, remember: body.value.remember };
    json(&MarketOrderDetail::from(&market_orders::match_line(&app, &who.shop, sight(&who), *id, wish).await?))
}
