//! Parcels of an order.

use actix_web::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::orders::unknown;
use super::{Answer, Call, Refusal, Reply};
use crate::clock::{parse_rfc3339, rfc3339_utc_millis};
use crate::stores::{ParcelNote, ParcelRefused, StoreRef};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    line_items: Vec<Piece>,
    #[serde(default)]
    shipped_date: Option<String>,
    #[serde(default)]
    shipping_carrier_code: Option<String>,
    #[serde(default)]
    tracking_number: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Piece {
    line_item_id: String,
    #[serde(default)]
    quantity: Option<i64>,
}

fn bad(id: i64, words: impl Into<String>) -> Refusal {
    Refusal::new(400, id, "API_FULFILLMENT", words)
}

/// The store that has the order, when it is there for the platform.
fn store_of(call: &Call<'_>, id: &str) -> Result<StoreRef, Refusal> {
    let world = call.state.world();
    let has = |store: &&crate::stores::Store| store.orders.get(id).is_some_and(|order| order.paid_at.is_some());
    call.stores(&world).into_iter().find(has).map(|store| store.of.clone()).ok_or_else(unknown)
}

/// `POST /order/{id}/shipping_fulfillment`.
pub(super) fn create(call: &Call<'_>, id: &str) -> Reply {
    let body: Body =
        serde_json::from_slice(call.body).map_err(|error| bad(32_210, format!("Invalid request: {error}")))?;
    let store = store_of(call, id)?;
    let (Some(carrier), Some(number)) = (&body.shipping_carrier_code, &body.tracking_number) else {
        return Err(bad(32_220, "shippingCarrierCode and trackingNumber must both be given."));
    };
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(bad(32_230, "Invalid tracking number: letters and digits alone are taken."));
    }
    if carrier.trim().is_empty() {
        return Err(bad(32_220, "Invalid shipping carrier code."));
    }
    if body.shipped_date.as_deref().is_some_and(|date| parse_rfc3339(date).is_none()) {
        return Err(bad(32_240, "Invalid shippedDate."));
    }
    let mut lines = Vec::new();
    for piece in &body.line_items {
        let key: u64 = piece.line_item_id.parse().map_err(|_| bad(32_110, "Invalid line item ID."))?;
        lines.push((key, piece.quantity.unwrap_or(1)));
    }
    let lines = (!lines.is_empty()).then_some(lines.as_slice());
    let note = ParcelNote { carrier, number, lines, corrects: false };
    call.state.store_ships(&store, id, &note).map_err(|refused| match refused {
        ParcelRefused::NoOrder => unknown(),
        ParcelRefused::NoSuchLine => bad(32_110, "Invalid line item ID."),
        ParcelRefused::TooMany => bad(32_120, "Invalid line item quantity."),
        _ => bad(32_300, "The order cannot be fulfilled in its state.").business(),
    })?;
    let location = format!("https://api.ebay.com/sell/fulfillment/v1/order/{id}/shipping_fulfillment/{number}");
    Ok(Answer { status: StatusCode::CREATED, body: Value::Null, location: Some(location) })
}

/// `GET /order/{id}/shipping_fulfillment`.
pub(super) fn list(call: &Call<'_>, id: &str) -> Reply {
    let store = store_of(call, id)?;
    let parcels = call.state.stores().order(&store, id).map(|order| order.parcels).unwrap_or_default();
    let rows: Vec<Value> = parcels
        .iter()
        .map(|parcel| {
            let lines: Vec<Value> = parcel.lines.iter().map(|(key, quantity)| json!({"lineItemId": key.to_string(), "quantity": quantity})).collect();
            json!({"fulfillmentId": parcel.number, "shipmentTrackingNumber": parcel.number,
                "shippingCarrierCode": parcel.carrier, "shippedDate": rfc3339_utc_millis(parcel.at), "lineItems": lines})
        })
        .collect();
    Ok(Answer::ok(json!({"total": rows.len(), "fulfillments": rows})))
}
