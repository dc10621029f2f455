//! Orders: each product line of what was bought together is one.

use serde::Deserialize;
use serde_json::{Value, json};

use super::lists::{Keyed, PARAMETERS, cut, moment};
use super::products::id as hex_id;
use super::{Call, Refusal, Reply};
use crate::clock::rfc3339_utc_millis;
use crate::rest::amount::number;
use crate::stores::{OrderStage, ParcelNote, RefundStage, StoreOrder, StoreOrderLine, StorePlatform};

const STATES: [&str; 5] = ["APPROVED", "SHIPPED", "REFUNDED", "REQUIRE_REVIEW", "DECLINED"];

/// The first digit of an order's number, which a line's number raises by its place.
const FIRST: u32 = 6;

/// The number of the line at place `nth`.
fn line_id(order: &StoreOrder, nth: usize) -> String {
    let digit = char::from_digit(FIRST + u32::try_from(nth).unwrap_or(0), 16).unwrap_or('f');
    format!("{digit}{}", order.id.get(1..).unwrap_or_default())
}

/// The order and the place of the line with this number.
fn parted(id: &str) -> Option<(String, usize)> {
    let digit = id.chars().next()?.to_digit(16)?;
    let nth = usize::try_from(digit.checked_sub(FIRST)?).ok()?;
    Some((format!("{FIRST}{}", id.get(1..)?), nth))
}

/// `GET /orders`; what is not paid is not there.
pub(super) fn list(call: &Call<'_>, _: &str) -> Reply {
    let more = ["states", "released_at_min", "released_at_max"];
    let allowed: Vec<&str> = PARAMETERS.iter().chain(&more).copied().collect();
    if let Some(stranger) = call.query.stranger(&allowed) {
        return Err(Refusal::parameter(stranger));
    }
    let states: Vec<&str> = call.query.text("states").into_iter().flat_map(|states| states.split(',')).collect();
    if states.iter().any(|state| !STATES.contains(state)) {
        return Err(Refusal::parameter("states"));
    }
    let (from, until) = (moment(call, "released_at_min")?, moment(call, "released_at_max")?);
    let world = call.state.world();
    let mut rows = Vec::new();
    for order in call.store(&world)?.orders.values() {
        let Some(released_ms) = order.paid_at.map(|at| at * 1_000) else { continue };
        if from.is_some_and(|from| released_ms < from) || until.is_some_and(|until| released_ms > until) {
            continue;
        }
        for (nth, line) in order.lines.iter().enumerate() {
            if states.is_empty() || states.contains(&state(order, line)) {
                rows.push(Keyed {
                    at_ms: order.changed_at * 1_000,
                    id: line_id(order, nth),
                    row: row(order, nth, line),
                });
            }
        }
    }
    Ok(Value::Array(cut(call, rows)?))
}

/// `GET /orders/{id}`.
pub(super) fn one(call: &Call<'_>, id: &str) -> Reply {
    let world = call.state.world();
    let store = call.store(&world)?;
    let found = parted(id).and_then(|(order, nth)| {
        let order = store.orders.get(&order).filter(|order| order.paid_at.is_some())?;
        Some(row(order, nth, order.lines.get(nth)?))
    });
    found.ok_or_else(|| Refusal::gone("Order"))
}

fn state(order: &StoreOrder, line: &StoreOrderLine) -> &'static str {
    match (order.stage, order.refund) {
        (_, RefundStage::Refunded) | (OrderStage::Cancelled, _) => "REFUNDED",
        _ if line.shipped >= line.quantity => "SHIPPED",
        (_, RefundStage::Asked) => "REQUIRE_REVIEW",
        _ if order.held => "REQUIRE_REVIEW",
        _ => "APPROVED",
    }
}

fn row(order: &StoreOrder, nth: usize, line: &StoreOrderLine) -> Value {
    let money = |minor: i64| json!({"amount": number(minor, &order.currency), "currency_code": order.currency});
    let to = &order.receiver;
    let postage = if nth == 0 { order.postage_minor } else { 0 };
    json!({"id": line_id(order, nth), "transaction_id": order.id, "state": state(order, line),
        "released_at": order.paid_at.map(rfc3339_utc_millis), "updated_at": rfc3339_utc_millis(order.changed_at),
        "product_information": {"id": hex_id(line.item), "variation_id": hex_id(line.variant), "sku": line.code,
            "name": line.title},
        "order_payment": {"general_payment_details": {"product_quantity": line.quantity,
            "product_price": money(line.price_minor), "product_shipping_price": money(postage),
            "payment_total": money(line.minor() + postage)}},
        "full_address": {"shipping_detail": {"name": to.name, "street_address1": to.street, "city": to.city,
            "state": to.province, "zipcode": to.postcode, "country_code": to.country,
            "phone_number": {"number": to.phone}}},
        "fulfillment_requirements": {"expected_ship_time": rfc3339_utc_millis(order.created_at + 5 * 86_400)}})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tracking {
    tracking_number: String,
    shipping_provider: String,
    origin_country: String,
    #[serde(default)]
    #[expect(dead_code, reason = "read so that another type is refused")]
    ship_note: Option<String>,
}

/// `PUT /orders/{id}/tracking`: sends the order, or corrects its parcel.
pub(super) fn tracking(call: &Call<'_>, id: &str) -> Reply {
    let body: Tracking = serde_json::from_slice(call.body).map_err(|error| Refusal::parameter(&error.to_string()))?;
    let (number, provider) = (&body.tracking_number, &body.shipping_provider);
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Refusal::parameter("tracking_number"));
    }
    let known = |carrier: &&crate::stores::Carrier| {
        [carrier.code, carrier.name].iter().any(|word| word.eq_ignore_ascii_case(provider))
    };
    if StorePlatform::Wish.carriers().iter().find(known).is_none() {
        return Err(Refusal::parameter("shipping_provider"));
    }
    if body.origin_country.len() != 2 || !body.origin_country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(Refusal::parameter("origin_country"));
    }
    let (order, nth) = parted(id).ok_or_else(|| Refusal::gone("Order"))?;
    let line = {
        let world = call.state.world();
        let found = call.store(&world)?.orders.get(&order).and_then(|order| order.lines.get(nth));
        found.cloned().ok_or_else(|| Refusal::gone("Order"))?
    };
    let corrects = line.shipped >= line.quantity;
    let pieces = [(line.key, line.quantity - line.shipped)];
    let note = ParcelNote { carrier: provider, number, lines: Some(&pieces), corrects };
    let refused = |_| Refusal(400, 90_001, "The order cannot be fulfilled in its state".to_owned());
    call.state.store_ships(&call.of, &order, &note).map_err(refused)?;
    Ok(json!({"id": id}))
}
