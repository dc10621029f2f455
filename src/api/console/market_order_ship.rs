//! Parcels of stores' orders.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{post, web};
use kernel::checks::Checks;
use kernel::failure::Invalid;
use kernel::id::{MarketOrderId, MarketOrderLineId, MarketShipmentId};
use serde::Deserialize;

use super::market_order_views::MarketOrderDetail;
use super::store_views::sight;
use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, PathId};
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply};
use crate::app::App;
use crate::flows::market_orders::{self, Parcel, Whole};

/// An order has fewer lines than this.
const LINES_MAX: usize = 200;
/// Most pieces of a line.
const PIECES_MAX: i64 = 1_000_000_000;

pub(super) fn routes(config: &mut Routes) {
    config.service(ship);
}

/// A parcel.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ShipMarketOrder {
    /// Who carries it: a common code (`SF`), a name (`顺丰`), or the platform's own id of the carrier.
    #[schema(min_length = 1, max_length = 64)]
    carrier: String,
    #[schema(min_length = 1, max_length = 64)]
    tracking_no: String,
    /// Some pieces; all that is left when left out. Platforms without the ability `parts` take an order in one
    /// parcel: a part is refused.
    #[schema(max_items = 200)]
    lines: Option<Vec<PackedLine>>,
    /// The parcel whose carrier or number was wrong; its content stays.
    corrects: Option<MarketShipmentId>,
}

/// Pieces of one line.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PackedLine {
    line_id: MarketOrderLineId,
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    quantity: i64,
}

impl ShipMarketOrder {
    fn checked(self) -> Result<Parcel, Invalid> {
        let mut checks = Checks::default();
        checks.text("carrier", &self.carrier, 1, 64);
        checks.text("tracking_no", &self.tracking_no, 1, 64);
        let named = self.lines.is_some();
        let lines = self.lines.unwrap_or_default();
        checks.count("lines", lines.len(), LINES_MAX);
        checks.need(!named || !lines.is_empty(), "lines", "too_short", "at least one line, or none at all");
        checks.need(!named || self.corrects.is_none(), "lines", "invalid", "a correction keeps what was in the parcel");
        for (place, line) in lines.iter().enumerate() {
            checks.range(format!("lines[{place}].quantity"), line.quantity, 1, PIECES_MAX);
            let twice = lines.iter().take(place).any(|other| other.line_id == line.line_id);
            checks.need(!twice, format!("lines[{place}].line_id"), "invalid", "named twice");
        }
        checks.done()?;
        Ok(Parcel {
            carrier: self.carrier.trim().to_owned(),
            tracking_no: self.tracking_no.trim().to_owned(),
            lines: lines.into_iter().map(|line| (line.line_id, line.quantity)).collect(),
            corrects: self.corrects,
        })
    }
}

/// Sends a parcel of a confirmed order, or corrects one. The platform is told in the background, once;
/// where it cannot be told, or the merchant does not want it, the parcel is `here_only`.
#[utoipa::path(
    tag = "market orders", operation_id = "ship_market_order", security(("session" = [])),
    request_body = ShipMarketOrder,
    params(
        ("id" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")
    ),
    responses((status = 201, body = MarketOrderDetail), Failures)
)]
#[post("/console/api/v1/market-orders/{id}/ship")]
async fn ship(
    app: web::Data<App>,
    who: Operator,
    id: PathId<MarketOrderId>,
    key: IdempotencyKey,
    body: JsonBody<ShipMarketOrder>,
) -> Reply {
    who.may(Permission::Orders)?;
    let parcel = body.value.checked()?;
    let view = |whole: &Whole| MarketOrderDetail::from(whole);
    let work = async |once: &_| market_orders::ship(&app, &who.shop, sight(&who), *id, &parcel, once).await;
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::CREATED, view, work).await
}
