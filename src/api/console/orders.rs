//! Orders as operators see them.

use crate::api::routes::Routes;
use actix_web::{get, web};
use chrono::{DateTime, Utc};
use kernel::Fen;
use kernel::id::{LeaderId, MemberId, OrderId, PaymentId, SkuId};
use serde::{Deserialize, Serialize};

use super::refunds::{ConsoleRefund, refunds_of};
use crate::api::auth_console::Operator;
use crate::api::body::{PathId, QueryOf, page_request};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::api::storefront::order_views::{DeliveryAddressView, Moment, OrderView};
use crate::app::App;
use crate::areas::orders::error::OrderError;
use crate::areas::orders::query::{self, Filter};
use crate::areas::orders::state::OrderStatus;
use crate::areas::payments::entity::payment;
use crate::areas::payments::query as payments;
use crate::areas::payments::state::PaymentState;
use crate::areas::stock;
use crate::areas::stock::entity::hold;
use crate::areas::stock::state::HoldState;

pub(super) fn routes(config: &mut Routes) {
    config.service(list).service(detail);
}

/// Which orders.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ConsoleOrdersQuery {
    status: Option<OrderStatus>,
    /// A member's.
    member: Option<MemberId>,
    /// A leader's.
    leader: Option<LeaderId>,
    /// An order's number.
    q: Option<OrderId>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// An order with everything that hangs on it.
#[derive(Serialize, utoipa::ToSchema)]
struct ConsoleOrder {
    #[serde(flatten)]
    order: OrderView,
    /// How it was paid or is to be paid; null when nothing was asked of WeChat Pay.
    payment: Option<ConsolePayment>,
    /// Other attempts, the newest first: numbers that could no longer be paid, or were paid late.
    other_payments: Vec<ConsolePayment>,
    refunds: Vec<ConsoleRefund>,
    /// The stock it holds or took, by SKU.
    holds: Vec<ConsoleHold>,
}

/// The payment of an order.
#[derive(Serialize, utoipa::ToSchema)]
struct ConsolePayment {
    /// The `out_trade_no` at WeChat Pay.
    id: PaymentId,
    state: PaymentState,
    amount_fen: Fen,
    /// What the member paid after WeChat's coupons.
    payer_total_fen: Option<Fen>,
    /// WeChat Pay's own number.
    transaction_id: Option<String>,
    /// Paid after the order was closed, and sent back.
    late: bool,
    paid_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl From<payment::Model> for ConsolePayment {
    fn from(row: payment::Model) -> Self {
        Self {
            id: row.id,
            state: row.state,
            amount_fen: row.amount_fen,
            payer_total_fen: row.payer_total_fen,
            transaction_id: row.transaction_id,
            late: row.late,
            paid_at: row.paid_at,
            created_at: row.created_at,
        }
    }
}

/// Stock that an order holds or took.
#[derive(Serialize, utoipa::ToSchema)]
struct ConsoleHold {
    sku_id: SkuId,
    quantity: i64,
    /// Units that went back on sale by refunds.
    returned: i64,
    state: HoldState,
    until: DateTime<Utc>,
}

impl From<hold::Model> for ConsoleHold {
    fn from(row: hold::Model) -> Self {
        let hold::Model { sku_id, quantity, returned, state, until, .. } = row;
        Self { sku_id, quantity, returned, state, until }
    }
}

/// Orders, newest first.
#[utoipa::path(
    tag = "orders", operation_id = "console_orders", security(("session" = [])), params(ConsoleOrdersQuery),
    responses((status = 200, body = ListView<OrderView>), Failures)
)]
#[get("/console/api/v1/orders")]
async fn list(app: web::Data<App>, who: Operator, asked: QueryOf<ConsoleOrdersQuery>) -> Reply {
    let ConsoleOrdersQuery { status, member, leader, q, limit, cursor } = asked.0;
    let (conn, shop) = (app.db.reader(), who.shop.id);
    let filter = Filter { member, leader, status, id: q };
    let page = query::list(conn, shop, filter, &page_request(limit, cursor)?).await?;
    let ids: Vec<_> = page.items.iter().map(|order| order.id).collect();
    let lines = query::lines_of_all(conn, shop, &ids).await?;
    let moment = Moment::now(&app, &who.shop);
    json(&ListView::from(page.map(|order| OrderView::new(&order, &lines, &moment))))
}

/// One order with its payment, refunds, stock and timeline.
#[utoipa::path(
    tag = "orders", operation_id = "console_order", security(("session" = [])), params(("id" = OrderId, Path)),
    responses((status = 200, body = ConsoleOrder), Failures)
)]
#[get("/console/api/v1/orders/{id}")]
async fn detail(app: web::Data<App>, who: Operator, id: PathId<OrderId>) -> Reply {
    let (conn, shop) = (app.db.reader(), who.shop.id);
    let order = query::by_id(conn, shop, *id).await?.ok_or(OrderError::NotFound(*id))?;
    let lines = query::lines_of(conn, shop, order.id).await?;
    let events = query::timeline(conn, shop, order.id).await?;
    let mut attempts = payments::all_of(conn, shop, order.id).await?;
    // What paid it; else the latest attempt.
    attempts.sort_by_key(|attempt| attempt.state != PaymentState::Succeeded || attempt.late);
    let mut attempts = attempts.into_iter().map(ConsolePayment::from);
    let holds = stock::query::holds_of(conn, shop, order.id).await?;
    let view = OrderView::new(&order, &lines, &Moment::now(&app, &who.shop)).with_full_timeline(&events);
    json(&ConsoleOrder {
        order: view.with_address(DeliveryAddressView::of(&app.sealer, &order)?),
        payment: attempts.next(),
        other_payments: attempts.collect(),
        refunds: refunds_of(conn, shop, order.id).await?,
        holds: holds.into_iter().map(ConsoleHold::from).collect(),
    })
}
