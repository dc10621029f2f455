//! `confirmShipment`: a parcel under a reference; the same reference again corrects it.

use actix_web::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::orders::store_of;
use super::{Answer, Call, Refusal, Reply, sites};
use crate::clock::parse_rfc3339;
use crate::stores::{ParcelNote, ParcelRefused, StorePlatform};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Body {
    marketplace_id: String,
    package_detail: Package,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Package {
    package_reference_id: String,
    carrier_code: String,
    #[serde(default)]
    carrier_name: Option<String>,
    #[serde(default)]
    #[expect(dead_code, reason = "read so that another type is refused")]
    shipping_method: Option<String>,
    tracking_number: String,
    ship_date: String,
    order_items: Vec<Piece>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Piece {
    order_item_id: String,
    quantity: i64,
}

/// Runs the call.
pub(super) fn confirm(call: &Call<'_>, pieces: &[&str]) -> Reply {
    let id = pieces.first().copied().unwrap_or_default();
    call.only(&[])?;
    let body: Body = serde_json::from_slice(call.body).map_err(|error| Refusal::input(error.to_string()))?;
    let of = store_of(call, id)?;
    if sites::by_code(&of.site).id != body.marketplace_id {
        return Err(Refusal::input("The order was not placed on this marketplace."));
    }
    let parcel = &body.package_detail;
    check(call, parcel)?;
    let carrier = carrier(parcel)?;
    let mut lines = Vec::new();
    for piece in &parcel.order_items {
        let key: u64 = piece.order_item_id.parse().map_err(|_| Refusal::input("Invalid orderItemId"))?;
        lines.push((key, piece.quantity));
    }
    let key = format!("amazon/{id}/{}", parcel.package_reference_id);
    let corrects = call.state.0.repeats.get(&key).is_some();
    let note = ParcelNote { carrier, number: &parcel.tracking_number, lines: Some(&lines), corrects };
    call.state.store_ships(&of, id, &note).map_err(|refused| match refused {
        ParcelRefused::NoOrder => Refusal::not_found(format!("Order {id} was not found.")),
        ParcelRefused::NoSuchLine => Refusal::input("The orderItemId does not belong to the order."),
        ParcelRefused::TooMany => Refusal::input("The quantity is more than what is left to send."),
        _ => Refusal::input("The order cannot be confirmed in its state."),
    })?;
    call.state.0.repeats.put(key, Value::Null, json!(true));
    Ok(Answer { status: StatusCode::NO_CONTENT, body: Value::Null })
}

fn check(call: &Call<'_>, parcel: &Package) -> Result<(), Refusal> {
    let reference = &parcel.package_reference_id;
    if reference.is_empty() || !reference.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::input("packageReferenceId must be a positive numeric value."));
    }
    let sent_at = parse_rfc3339(&parcel.ship_date).ok_or_else(|| Refusal::input("Invalid shipDate"))?;
    if sent_at > call.now + 60 {
        return Err(Refusal::input("The shipDate is in the future."));
    }
    if parcel.order_items.is_empty() {
        return Err(Refusal::input("orderItems must not be empty."));
    }
    Ok(())
}

/// The carrier, by its code or, for others, by its name.
fn carrier(parcel: &Package) -> Result<&str, Refusal> {
    let code = parcel.carrier_code.as_str();
    let named = parcel.carrier_name.as_deref().filter(|name| !name.is_empty());
    if code == "Other" {
        return named.ok_or_else(|| Refusal::input("carrierName is needed when carrierCode is Other."));
    }
    let known = |carrier: &&crate::stores::Carrier| {
        [carrier.code, carrier.name].iter().any(|word| word.eq_ignore_ascii_case(code))
    };
    match StorePlatform::Amazon.carriers().iter().find(known) {
        Some(_) => Ok(code),
        None => Err(Refusal::input(format!("Invalid carrierCode {code}"))),
    }
}
