//! Delivery lists in the console: gather, depart, deliver; and orders nobody collects.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{get, post, web};
use chrono::{DateTime, Datelike, Utc};
use kernel::checks::Checks;
use kernel::id::{DeliveryListId, LeaderId, MemberId, OrderId, PickupPointId};
use kernel::page::Page;
use serde::{Deserialize, Serialize};

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, Nothing, PageQuery, PathId, QueryOf, page_request};
use crate::api::leader::deliveries::DeliveryListView;
use crate::api::list::ListView;
use crate::api::problem::{ApiError, Failures};
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::app::App;
use crate::areas::deliveries::entity::list;
use crate::areas::deliveries::query;
use crate::areas::deliveries::state::ListState;
use crate::areas::orders::by_leader;
use crate::areas::orders::entity::order;
use crate::flows::{deliver, receipt};

pub(super) fn routes(config: &mut Routes) {
    config.service(gather).service(all_lists).service(one).service(depart).service(delivered).service(overdue);
}

/// What a new list gathers.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Gather {
    /// Whose orders.
    leader_id: LeaderId,
    /// Orders paid until then.
    until: DateTime<Utc>,
}

/// A list, without what is on it.
#[derive(Serialize, utoipa::ToSchema)]
struct DeliveryHeadView {
    id: DeliveryListId,
    leader_id: LeaderId,
    state: ListState,
    until: DateTime<Utc>,
    created_at: DateTime<Utc>,
    departed_at: Option<DateTime<Utc>>,
    delivered_at: Option<DateTime<Utc>>,
    /// When the leader signed.
    received_at: Option<DateTime<Utc>>,
    /// What the leader noted.
    note: Option<String>,
}

impl From<list::Model> for DeliveryHeadView {
    fn from(list: list::Model) -> Self {
        Self {
            id: list.id,
            leader_id: list.leader_id,
            state: list.state,
            until: list.until,
            created_at: list.created_at,
            departed_at: list.departed_at,
            delivered_at: list.delivered_at,
            received_at: list.received_at,
            note: list.note,
        }
    }
}

/// Gathers a leader's paid, unsent lines into a new list. A line is on one open list at most.
#[utoipa::path(
    tag = "deliveries", operation_id = "gather_delivery_list", security(("session" = [])), request_body = Gather,
    params(("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    responses((status = 201, body = DeliveryHeadView), Failures)
)]
#[post("/console/api/v1/delivery-lists")]
async fn gather(app: web::Data<App>, who: Operator, key: IdempotencyKey, body: JsonBody<Gather>) -> Reply {
    who.may(Permission::Orders)?;
    let Gather { leader_id, until } = body.value;
    let mut checks = Checks::default();
    checks.need((2000..2200).contains(&until.year()), "until", "out_of_range", "the years 2000 to 2199");
    checks.done()?;
    let view = |list: &list::Model| DeliveryHeadView::from(list.clone());
    let work = async |once: &_| deliver::gather(&app, &who.shop, leader_id, until, once).await;
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::CREATED, view, work).await
}

/// Which lists are asked for.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListsQuery {
    /// Only this leader's.
    #[param(value_type = Option<String>)]
    leader_id: Option<LeaderId>,
    /// Only those in this state.
    state: Option<ListState>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// Delivery lists, newest first.
#[utoipa::path(
    tag = "deliveries", operation_id = "delivery_lists", security(("session" = [])), params(ListsQuery),
    responses((status = 200, body = ListView<DeliveryHeadView>), Failures)
)]
#[get("/console/api/v1/delivery-lists")]
async fn all_lists(app: web::Data<App>, who: Operator, asked: QueryOf<ListsQuery>) -> Reply {
    let ListsQuery { leader_id, state, limit, cursor } = asked.0;
    let page = page_request(limit, cursor)?;
    let page = query::list(app.db.reader(), who.shop.id, leader_id, state, &page).await?;
    json(&ListView::from(page.map(DeliveryHeadView::from)))
}

/// One list with what is on it: summed by SKU for picking, by order for handing over, with what was
/// refunded since it was printed and what did not arrive.
#[utoipa::path(
    tag = "deliveries", operation_id = "delivery_list", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = DeliveryListView), Failures)
)]
#[get("/console/api/v1/delivery-lists/{id}")]
async fn one(app: web::Data<App>, who: Operator, id: PathId<DeliveryListId>) -> Reply {
    let list = query::by_id(app.db.reader(), who.shop.id, *id).await?;
    whole(&app, list).await
}

async fn whole(app: &App, list: list::Model) -> Reply {
    let views = DeliveryListView::of(app.db.reader(), list.shop_id, std::slice::from_ref(&list)).await?;
    views.first().map_or_else(|| Err(not_there(&list)), json)
}

fn not_there(list: &list::Model) -> ApiError {
    crate::areas::deliveries::error::DeliveryError::NotFound(list.id).into()
}

/// The list leaves: its orders are `shipped`.
#[utoipa::path(
    tag = "deliveries", operation_id = "depart_delivery_list", security(("session" = [])),
    params(("id" = String, Path)), responses((status = 200, body = DeliveryListView), Failures)
)]
#[post("/console/api/v1/delivery-lists/{id}/depart")]
async fn depart(app: web::Data<App>, who: Operator, id: PathId<DeliveryListId>, _: JsonBody<Nothing>) -> Reply {
    who.may(Permission::Orders)?;
    let list = deliver::depart(&app, &who.shop, *id, &format!("operator:{}", who.operator)).await?;
    whole(&app, list).await
}

/// The list is at the pickup point: its orders have `arrived`. The leader's signature says the same;
/// whichever comes first counts.
#[utoipa::path(
    tag = "deliveries", operation_id = "deliver_delivery_list", security(("session" = [])),
    params(("id" = String, Path)), responses((status = 200, body = DeliveryListView), Failures)
)]
#[post("/console/api/v1/delivery-lists/{id}/deliver")]
async fn delivered(app: web::Data<App>, who: Operator, id: PathId<DeliveryListId>, _: JsonBody<Nothing>) -> Reply {
    who.may(Permission::Orders)?;
    let list = deliver::deliver(&app, &who.shop, *id, &format!("operator:{}", who.operator)).await?;
    whole(&app, list).await
}

/// An order that nobody collects.
#[derive(Serialize, utoipa::ToSchema)]
struct OverdueView {
    id: OrderId,
    member_id: MemberId,
    leader_id: Option<LeaderId>,
    pickup_point_id: Option<PickupPointId>,
    arrived_at: Option<DateTime<Utc>>,
}

impl From<order::Model> for OverdueView {
    fn from(order: order::Model) -> Self {
        Self {
            id: order.id,
            member_id: order.member_id,
            leader_id: order.leader_id,
            pickup_point_id: order.pickup_point_id,
            arrived_at: order.arrived_at,
        }
    }
}

/// Orders that lie at their pickup point longer than the shop's `auto_receive_days`, the longest
/// first: with `redemption_required`, or while a ticket is open, time alone does not receive them.
#[utoipa::path(
    tag = "deliveries", operation_id = "overdue_orders", security(("session" = [])), params(PageQuery),
    responses((status = 200, body = ListView<OverdueView>), Failures)
)]
#[get("/console/api/v1/orders/overdue")]
async fn overdue(app: web::Data<App>, who: Operator, page: QueryOf<PageQuery>) -> Reply {
    let before = receipt::overdue_since(&who.shop.settings, app.clock.now());
    let page = by_leader::overdue(app.db.reader(), who.shop.id, None, before, &page.0.checked()?).await?;
    let page: Page<OverdueView> = page.map(OverdueView::from);
    json(&ListView::from(page))
}
