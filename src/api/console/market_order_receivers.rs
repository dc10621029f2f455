//! Who receives a store's order: opened on demand, forgotten on demand.

use crate::api::routes::Routes;
use actix_web::{delete, get, web};
use gateways::marketplaces::{Private, Receiver};
use kernel::id::MarketOrderId;
use serde::Serialize;

use super::store_views::sight;
use crate::api::auth_console::{Operator, Permission};
use crate::api::body::PathId;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json, no_content};
use crate::app::App;
use crate::flows::market_orders::{self, How, Opened};

pub(super) fn routes(config: &mut Routes) {
    config.service(open).service(erase);
}

/// Who receives an order.
#[derive(Serialize, utoipa::ToSchema)]
struct MarketReceiverView {
    /// `kept`: told in the clear; `opened` now by the platform; `masked`: no more can be had, see `why`;
    /// `absent`; `erased`.
    how: How,
    /// Why there is no more.
    #[schema(required)]
    why: Option<String>,
    #[schema(required)]
    name: Option<String>,
    #[schema(required)]
    phone: Option<String>,
    #[schema(required)]
    country: Option<String>,
    #[schema(required)]
    province: Option<String>,
    #[schema(required)]
    city: Option<String>,
    #[schema(required)]
    district: Option<String>,
    #[schema(required)]
    address: Option<String>,
    #[schema(required)]
    postcode: Option<String>,
}

impl From<Opened> for MarketReceiverView {
    fn from(opened: Opened) -> Self {
        let text = |part: Private| match part {
            Private::Plain(text) | Private::Masked(text) => Some(text),
            Private::Sealed { mask, .. } => mask,
            Private::Absent => None,
        };
        let Receiver { country, province, city, district, postcode, name, phone, address } = opened.receiver;
        Self {
            how: opened.how,
            why: opened.why.map(str::to_owned),
            name: text(name),
            phone: text(phone),
            country,
            province,
            city,
            district,
            address: text(address),
            postcode,
        }
    }
}

/// Opens an order's receiver, as far as the platform lets it be opened. Who looked is in the audit log.
#[utoipa::path(
    tag = "market orders", operation_id = "market_order_receiver", security(("session" = [])),
    params(("id" = String, Path)), responses((status = 200, body = MarketReceiverView), Failures)
)]
#[get("/console/api/v1/market-orders/{id}/receiver")]
async fn open(app: web::Data<App>, who: Operator, id: PathId<MarketOrderId>) -> Reply {
    who.may(Permission::Orders)?;
    json(&MarketReceiverView::from(market_orders::open(&app, &who.shop, sight(&who), *id).await?))
}

/// Forgets an order's receiver, and what the buyer wrote.
#[utoipa::path(
    tag = "market orders", operation_id = "erase_market_order_receiver", security(("session" = [])),
    params(("id" = String, Path)), responses((status = 204, description = "Forgotten."), Failures)
)]
#[delete("/console/api/v1/market-orders/{id}/receiver")]
async fn erase(app: web::Data<App>, who: Operator, id: PathId<MarketOrderId>) -> Reply {
    who.may(Permission::Orders)?;
    market_orders::erase(&app, &who.shop, sight(&who), *id).await?;
    no_content()
}
