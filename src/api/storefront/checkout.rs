//! Quotes and new orders.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{post, web};
use kernel::failure::Invalid;
use kernel::id::{AddressId, CouponId, PickupPointId, SkuId};
use kernel::{Fen, FieldFault};
use serde::Deserialize;

use super::order_views::{Moment, OrderView};
use crate::api::auth::SignedInMember;
use crate::api::body::{JsonBody, text_fault};
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::app::App;
use crate::areas::orders::state::FulfilmentKind;
use crate::flows::checkout::{self, Basket, Placed, QuoteView};

/// The most lines of one order.
const LINES_MAX: usize = 50;
/// The most units of one line.
const QUANTITY_MAX: i64 = 9_999;

pub(super) fn routes(config: &mut Routes) {
    config.service(quote).service(place);
}

/// A SKU and how much of it.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct LineWish {
    sku_id: SkuId,
    #[schema(minimum = 1, maximum = 9999)]
    quantity: i64,
}

/// How the goods reach the member.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct FulfilmentWish {
    kind: FulfilmentKind,
    /// For `pickup` and `leader_delivery`; the member's current point when left out.
    pickup_point_id: Option<PickupPointId>,
    /// For `express` and `leader_delivery`.
    address_id: Option<AddressId>,
}

/// What is to be priced.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct QuoteRequest {
    #[schema(min_items = 1, max_items = 50)]
    lines: Vec<LineWish>,
    fulfilment: FulfilmentWish,
    coupon_id: Option<CouponId>,
    #[schema(minimum = 0)]
    points: Option<i64>,
    #[schema(value_type = Option<i64>, minimum = 0)]
    balance_fen: Option<Fen>,
}

/// What is to be ordered.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OrderRequest {
    #[schema(min_items = 1, max_items = 50)]
    lines: Vec<LineWish>,
    fulfilment: FulfilmentWish,
    coupon_id: Option<CouponId>,
    #[schema(minimum = 0)]
    points: Option<i64>,
    #[schema(value_type = Option<i64>, minimum = 0)]
    balance_fen: Option<Fen>,
    /// The quote the member agreed to; a changed price is then answered with 409 and the new quote.
    #[schema(max_length = 64)]
    quote_token: Option<String>,
    #[schema(max_length = 200)]
    remark: Option<String>,
}

/// What is to be ordered, checked for its form.
pub(super) struct Asked {
    pub basket: Basket,
    pub quote_token: Option<String>,
    pub remark: Option<String>,
}

impl OrderRequest {
    /// The basket, or every field that is wrong.
    pub(super) fn read(self) -> Result<Asked, Invalid> {
        let Self { lines, fulfilment, coupon_id, points, balance_fen, quote_token, remark } = self;
        let basket = basket(lines, fulfilment, coupon_id, points, balance_fen)?;
        let texts = [("remark", &remark, 200), ("quote_token", &quote_token, 64)];
        let faults = texts.into_iter().filter_map(|(f, t, max)| text_fault(f, t.as_deref()?, 0, max)).collect();
        Invalid::unless_empty(faults)?;
        Ok(Asked { basket, quote_token, remark })
    }
}

fn basket(
    lines: Vec<LineWish>,
    fulfilment: FulfilmentWish,
    coupon: Option<CouponId>,
    points: Option<i64>,
    balance: Option<Fen>,
) -> Result<Basket, Invalid> {
    let mut faults = Vec::new();
    if lines.len() > LINES_MAX {
        faults.push(FieldFault::new("lines", "too_long", "at most 50 lines"));
    }
    let mut merged: Vec<(SkuId, i64)> = Vec::new();
    for (index, line) in lines.iter().enumerate().take(LINES_MAX) {
        let field = format!("lines[{index}].quantity");
        if !(1..=QUANTITY_MAX).contains(&line.quantity) {
            faults.push(FieldFault::new(field, "out_of_range", "1 to 9999"));
            continue;
        }
        match merged.iter_mut().find(|(sku, _)| *sku == line.sku_id) {
            Some((_, quantity)) if *quantity + line.quantity > QUANTITY_MAX => {
                faults.push(FieldFault::new(field, "out_of_range", "1 to 9999 over all lines of a SKU"));
            }
            Some((_, quantity)) => *quantity += line.quantity,
            None => merged.push((line.sku_id, line.quantity)),
        }
    }
    let (points, balance) = (points.unwrap_or(0), balance.unwrap_or(Fen::ZERO));
    if points < 0 {
        faults.push(FieldFault::new("points", "out_of_range", "not negative"));
    }
    if balance.is_negative() {
        faults.push(FieldFault::new("balance_fen", "out_of_range", "not negative"));
    }
    Invalid::unless_empty(faults)?;
    Ok(Basket {
        lines: merged,
        kind: fulfilment.kind,
        point: fulfilment.pickup_point_id,
        address: fulfilment.address_id,
        coupon,
        points,
        balance,
    })
}

/// The priced breakdown of a basket; nothing is written or reserved.
#[utoipa::path(
    tag = "orders", security(("bearer" = [])), request_body = QuoteRequest,
    responses((status = 200, body = QuoteView), Failures)
)]
#[post("/api/v1/checkout/quote")]
async fn quote(app: web::Data<App>, who: SignedInMember, body: JsonBody<QuoteRequest>) -> Reply {
    let QuoteRequest { lines, fulfilment, coupon_id, points, balance_fen } = body.value;
    let basket = basket(lines, fulfilment, coupon_id, points, balance_fen)?;
    json(&checkout::quote(&app, &who.shop, who.member, &basket).await?.view)
}

/// Places an order: stock is reserved, and there are 15 minutes (or what the shop sets) to pay it.
#[utoipa::path(
    tag = "orders", security(("bearer" = [])), request_body = OrderRequest,
    params(("Idempotency-Key" = String, Header, description = "Required; the same key gets the same answer")),
    responses((status = 201, body = OrderView), Failures)
)]
#[post("/api/v1/orders")]
async fn place(app: web::Data<App>, who: SignedInMember, key: IdempotencyKey, body: JsonBody<OrderRequest>) -> Reply {
    let key = key.required()?;
    let Asked { basket, quote_token, remark } = body.value.read()?;
    let moment = Moment::now(&app, &who.shop);
    let view = move |placed: &Placed| OrderView::placed(placed, &moment);
    key.once(&app, who.shop.id, who.member, &body.hash, StatusCode::CREATED, view, async |once| {
        let (agreed, remark) = (quote_token.as_deref(), remark.as_deref());
        checkout::place(&app, &who.shop, who.member, &basket, agreed, remark, once).await
    })
    .await
}
