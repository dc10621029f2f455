//! A member's orders: list, detail, pay, cancel.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{get, post, web};
use gateways::pay::wechat_pay::PaymentParams;
use kernel::id::OrderId;
use serde::{Deserialize, Serialize};

use super::order_views::{DeliveryAddressView, Moment, OrderView};
use crate::api::auth::SignedInMember;
use crate::api::body::{JsonBody, Nothing, PathId, QueryOf, page_request};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::app::App;
use crate::areas::orders::query::{self, Filter};
use crate::areas::orders::state::OrderStatus;
use crate::flows::checkout::Placed;
use crate::flows::{close_order, prepay};

pub(super) fn routes(config: &mut Routes) {
    config.service(list).service(detail).service(pay).service(cancel);
}

/// Which orders.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OrderQuery {
    status: Option<OrderStatus>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    cursor: Option<String>,
}

/// The member's orders, newest first.
#[utoipa::path(tag = "orders", security(("bearer" = [])), params(OrderQuery), responses((status = 200, body = ListView<OrderView>), Failures))]
#[get("/api/v1/orders")]
async fn list(app: web::Data<App>, who: SignedInMember, asked: QueryOf<OrderQuery>) -> Reply {
    let OrderQuery { status, limit, cursor } = asked.0;
    let filter = Filter { member: Some(who.member), status, ..Filter::default() };
    let conn = app.db.reader();
    let page = query::list(conn, who.shop.id, filter, &page_request(limit, cursor)?).await?;
    let ids: Vec<_> = page.items.iter().map(|order| order.id).collect();
    let lines = query::lines_of_all(conn, who.shop.id, &ids).await?;
    let moment = Moment::now(&app, &who.shop);
    json(&ListView::from(page.map(|order| OrderView::new(&order, &lines, &moment))))
}

/// One order with its timeline and what the member may do next.
#[utoipa::path(tag = "orders", security(("bearer" = [])), params(("id" = OrderId, Path)), responses((status = 200, body = OrderView), Failures))]
#[get("/api/v1/orders/{id}")]
async fn detail(app: web::Data<App>, who: SignedInMember, id: PathId<OrderId>) -> Reply {
    let conn = app.db.reader();
    let order = query::of_member(conn, who.shop.id, who.member, *id).await?;
    let lines = query::lines_of(conn, who.shop.id, order.id).await?;
    let events = query::timeline(conn, who.shop.id, order.id).await?;
    let view = OrderView::new(&order, &lines, &Moment::now(&app, &who.shop)).with_timeline(&events);
    json(&view.with_address(DeliveryAddressView::of(&app.sealer, &order)?))
}

/// The fields `wx.requestPayment` needs.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PaymentParamsView {
    /// Seconds, as text.
    time_stamp: String,
    nonce_str: String,
    /// `prepay_id=…`.
    package: String,
    /// `RSA`.
    sign_type: String,
    pay_sign: String,
}

impl From<PaymentParams> for PaymentParamsView {
    fn from(params: PaymentParams) -> Self {
        Self {
            time_stamp: params.time_stamp,
            nonce_str: params.nonce_str,
            package: params.package,
            sign_type: params.sign_type,
            pay_sign: params.pay_sign,
        }
    }
}

/// Opens the pay sheet. Calling again is safe.
#[utoipa::path(tag = "orders", security(("bearer" = [])), params(("id" = OrderId, Path)), responses((status = 200, body = PaymentParamsView), Failures))]
#[post("/api/v1/orders/{id}/payment")]
async fn pay(app: web::Data<App>, who: SignedInMember, id: PathId<OrderId>, _body: JsonBody<Nothing>) -> Reply {
    let params = prepay::prepay(&app, &who.shop, who.member, *id).await?;
    json(&PaymentParamsView::from(params))
}

/// Cancels: an unpaid order is closed; a paid one, not yet sent, is refunded where the shop allows it.
#[utoipa::path(
    tag = "orders", security(("bearer" = [])),
    params(("id" = OrderId, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = OrderView), Failures)
)]
#[post("/api/v1/orders/{id}/cancel")]
async fn cancel(
    app: web::Data<App>,
    who: SignedInMember,
    id: PathId<OrderId>,
    key: IdempotencyKey,
    body: JsonBody<Nothing>,
) -> Reply {
    let moment = Moment::now(&app, &who.shop);
    let view = move |placed: &Placed| OrderView::placed(placed, &moment);
    key.once(&app, who.shop.id, who.member, &body.hash, StatusCode::OK, view, async |once| {
        close_order::cancel(&app, &who.shop, who.member, *id, once).await
    })
    .await
}
