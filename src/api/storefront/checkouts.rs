//! Checkouts: one basket over several merchants, an order each, placed and paid at once.

use actix_web::http::StatusCode;
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use kernel::Fen;
use kernel::id::CheckoutId;
use serde::Serialize;

use super::checkout::{Asked, OrderRequest};
use super::order_views::{Moment, OrderView};
use super::orders::PaymentParamsView;
use crate::api::auth::SignedInMember;
use crate::api::body::{JsonBody, Nothing, PathId};
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::api::routes::Routes;
use crate::app::App;
use crate::areas::orders::entity::{checkout, line, order};
use crate::areas::orders::{checkouts, query};
use crate::flows::checkout::{self as flow, PlacedTogether};
use crate::flows::combined_prepay;

pub(super) fn routes(config: &mut Routes) {
    config.service(place).service(detail).service(pay);
}

/// A checkout.
#[derive(Serialize, utoipa::ToSchema)]
struct CheckoutView {
    id: CheckoutId,
    /// One a merchant that collects part of the basket.
    orders: Vec<OrderView>,
    /// What WeChat Pay collects for those that wait to be paid.
    payable_fen: Fen,
    /// Until when they can be paid.
    expires_at: DateTime<Utc>,
}

impl CheckoutView {
    fn new(checkout: &checkout::Model, orders: &[order::Model], lines: &[line::Model], moment: &Moment) -> Self {
        Self {
            id: checkout.id,
            orders: orders.iter().map(|order| OrderView::new(order, lines, moment)).collect(),
            payable_fen: combined_prepay::payable(orders).unwrap_or_default(),
            expires_at: checkout.expires_at,
        }
    }

    fn placed(placed: &PlacedTogether, moment: &Moment) -> Self {
        let orders: Vec<_> = placed.orders.iter().map(|one| one.order.clone()).collect();
        let lines: Vec<_> = placed.orders.iter().flat_map(|one| one.lines.clone()).collect();
        Self::new(&placed.checkout, &orders, &lines, moment)
    }
}

/// Places a basket as one order a merchant that collects part of it: all of them or none. They are paid
/// by one payment, and cancelling one before that cancels all.
#[utoipa::path(
    tag = "orders", security(("bearer" = [])), request_body = OrderRequest,
    params(("Idempotency-Key" = String, Header, description = "Required; the same key gets the same answer")),
    responses((status = 201, body = CheckoutView), Failures)
)]
#[post("/api/v1/checkouts")]
async fn place(app: web::Data<App>, who: SignedInMember, key: IdempotencyKey, body: JsonBody<OrderRequest>) -> Reply {
    let key = key.required()?;
    let Asked { basket, quote_token, remark } = body.value.read()?;
    let moment = Moment::now(&app, &who.shop);
    let view = move |placed: &PlacedTogether| CheckoutView::placed(placed, &moment);
    key.once(&app, who.shop.id, who.member, &body.hash, StatusCode::CREATED, view, async |once| {
        let (agreed, remark) = (quote_token.as_deref(), remark.as_deref());
        flow::place_together(&app, &who.shop, who.member, &basket, agreed, remark, once).await
    })
    .await
}

/// A checkout with its orders as they now stand.
#[utoipa::path(tag = "orders", security(("bearer" = [])), params(("id" = CheckoutId, Path)), responses((status = 200, body = CheckoutView), Failures))]
#[get("/api/v1/checkouts/{id}")]
async fn detail(app: web::Data<App>, who: SignedInMember, id: PathId<CheckoutId>) -> Reply {
    let conn = app.db.reader();
    let checkout = checkouts::of_member(conn, who.shop.id, who.member, *id).await?;
    let orders = checkouts::orders_of(conn, who.shop.id, *id).await?;
    let ids: Vec<_> = orders.iter().map(|order| order.id).collect();
    let lines = query::lines_of_all(conn, who.shop.id, &ids).await?;
    json(&CheckoutView::new(&checkout, &orders, &lines, &Moment::now(&app, &who.shop)))
}

/// Opens the pay sheet for all orders that wait to be paid. Calling again is safe.
#[utoipa::path(tag = "orders", security(("bearer" = [])), params(("id" = CheckoutId, Path)), responses((status = 200, body = PaymentParamsView), Failures))]
#[post("/api/v1/checkouts/{id}/payment")]
async fn pay(app: web::Data<App>, who: SignedInMember, id: PathId<CheckoutId>, _body: JsonBody<Nothing>) -> Reply {
    let params = combined_prepay::prepay(&app, &who.shop, who.member, *id).await?;
    json(&PaymentParamsView::from(params))
}
