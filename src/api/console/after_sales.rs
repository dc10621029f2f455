//! Operators decide after-sale tickets. A supplier's own operator sees and decides those of its
//! lines alone.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{get, post, web};
use kernel::id::TicketId;
use serde::Deserialize;

use crate::api::auth_console::{AnyOperator, Permission};
use crate::api::body::{JsonBody, Nothing, PathId, QueryOf, page_request};
use crate::api::fields::Fields;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::api::storefront::after_sale_views::TicketView;
use crate::app::App;
use crate::areas::after_sales::state::TicketState;
use crate::areas::operators::error::OperatorError;
use crate::flows::after_sale::{self, Judge, Refusal, Ticket};

pub(super) fn routes(config: &mut Routes) {
    config.service(list).service(one).service(approve).service(refuse).service(goods_returned);
}

/// Who looks at tickets.
fn looks(who: &AnyOperator) -> Result<Judge, OperatorError> {
    Ok(Judge { operator: who.operator().operator, supplier: who.confined()? })
}

/// Who decides them: an operator who may, or the supplier whose lines they are about.
fn decides(who: &AnyOperator) -> Result<Judge, OperatorError> {
    let judge = looks(who)?;
    if judge.supplier.is_none() {
        who.operator().may(Permission::Orders)?;
    }
    Ok(judge)
}

fn view_for(judge: Judge) -> fn(&Ticket) -> TicketView {
    if judge.supplier.is_some() { TicketView::for_supplier } else { TicketView::for_shop }
}

/// Which tickets.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TicketsQuery {
    /// In this state alone.
    state: Option<TicketState>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// Tickets, newest first; a supplier's operator gets those that are about its lines alone.
#[utoipa::path(
    tag = "after-sales", operation_id = "console_after_sales", security(("session" = [])), params(TicketsQuery),
    responses((status = 200, body = ListView<TicketView>), Failures)
)]
#[get("/console/api/v1/after-sales")]
async fn list(app: web::Data<App>, who: AnyOperator, asked: QueryOf<TicketsQuery>) -> Reply {
    let TicketsQuery { state, limit, cursor } = asked.0;
    let judge = looks(&who)?;
    let page = after_sale::list(&app, who.shop(), judge, state, &page_request(limit, cursor)?).await?;
    let view = view_for(judge);
    json(&ListView::from(page.map(|ticket| view(&ticket))))
}

/// One ticket with its timeline.
#[utoipa::path(
    tag = "after-sales", operation_id = "console_after_sale", security(("session" = [])),
    params(("id" = TicketId, Path)), responses((status = 200, body = TicketView), Failures)
)]
#[get("/console/api/v1/after-sales/{id}")]
async fn one(app: web::Data<App>, who: AnyOperator, id: PathId<TicketId>) -> Reply {
    let judge = looks(&who)?;
    json(&view_for(judge)(&after_sale::one(&app, who.shop(), judge, *id).await?))
}

/// Grants a claim: the refund is made at once, or when the goods are back.
#[utoipa::path(
    tag = "after-sales", operation_id = "approve_after_sale", security(("session" = [])),
    params(("id" = TicketId, Path), ("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    responses((status = 200, body = TicketView), Failures)
)]
#[post("/console/api/v1/after-sales/{id}/approve")]
async fn approve(
    app: web::Data<App>,
    who: AnyOperator,
    id: PathId<TicketId>,
    key: IdempotencyKey,
    body: JsonBody<Nothing>,
) -> Reply {
    let judge = decides(&who)?;
    let work = async |once: &_| after_sale::approve(&app, who.shop(), *id, judge, once).await;
    key.once(&app, who.shop().id, judge.operator, &body.hash, StatusCode::OK, view_for(judge), work).await
}

/// Why a claim is refused.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RefuseAfterSale {
    /// The member reads it.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
    /// What shows it, such as how the goods came back.
    #[serde(default)]
    #[schema(max_items = 9)]
    photos: Vec<String>,
}

/// Refuses a claim, or ends a granted return whose goods came back broken or never came. After an
/// escalation it is the last word.
#[utoipa::path(
    tag = "after-sales", operation_id = "refuse_after_sale", security(("session" = [])), request_body = RefuseAfterSale,
    params(("id" = TicketId, Path), ("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    responses((status = 200, body = TicketView), Failures)
)]
#[post("/console/api/v1/after-sales/{id}/refuse")]
async fn refuse(
    app: web::Data<App>,
    who: AnyOperator,
    id: PathId<TicketId>,
    key: IdempotencyKey,
    body: JsonBody<RefuseAfterSale>,
) -> Reply {
    let judge = decides(&who)?;
    let mut fields = Fields::default();
    let reason = fields.line("reason", &body.value.reason, 1, 200);
    fields.need(body.value.photos.len() <= 9, "photos", "at most 9 pictures");
    let photos = body.value.photos.iter().filter_map(|photo| fields.picture_if("photos", Some(photo))).collect();
    fields.done()?;
    let refusal = Refusal { reason, photos };
    let work = async |once: &_| after_sale::refuse(&app, who.shop(), *id, judge, &refusal, once).await;
    key.once(&app, who.shop().id, judge.operator, &body.hash, StatusCode::OK, view_for(judge), work).await
}

/// What becomes of goods that came back.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct GoodsReturned {
    /// Whether they go on sale again; written off when not, or left out.
    #[serde(default)]
    restock: bool,
}

/// The goods of a granted return came back: the refund is made.
#[utoipa::path(
    tag = "after-sales", operation_id = "after_sale_goods_returned", security(("session" = [])), request_body = GoodsReturned,
    params(("id" = TicketId, Path), ("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    responses((status = 200, body = TicketView), Failures)
)]
#[post("/console/api/v1/after-sales/{id}/goods-returned")]
async fn goods_returned(
    app: web::Data<App>,
    who: AnyOperator,
    id: PathId<TicketId>,
    key: IdempotencyKey,
    body: JsonBody<GoodsReturned>,
) -> Reply {
    let judge = decides(&who)?;
    let restock = body.value.restock;
    let work = async |once: &_| after_sale::goods_returned(&app, who.shop(), *id, judge, restock, once).await;
    key.once(&app, who.shop().id, judge.operator, &body.hash, StatusCode::OK, view_for(judge), work).await
}
