//! `fulfillmentCreate`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::graphql::Field;
use super::ids::{counted, number};
use super::{Call, Failure, rows};
use crate::stores::{ParcelNote, ParcelRefused};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Input {
    line_items_by_fulfillment_order: Vec<Group>,
    #[serde(default)]
    tracking_info: Option<Tracking>,
    #[serde(default)]
    #[expect(dead_code, reason = "read so that another type is refused")]
    notify_customer: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Group {
    fulfillment_order_id: String,
    #[serde(default)]
    fulfillment_order_line_items: Option<Vec<Piece>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Piece {
    id: String,
    quantity: i64,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Tracking {
    #[serde(default)]
    company: Option<String>,
    #[serde(default)]
    number: Option<String>,
    #[serde(default)]
    #[expect(dead_code, reason = "read so that another type is refused")]
    url: Option<String>,
}

/// Runs the write.
pub(super) fn create(call: &Call<'_>, field: &Field) -> Result<Value, Failure> {
    let given = field.arguments.get("fulfillment").cloned().unwrap_or_default();
    let input: Input = serde_json::from_value(given).map_err(|error| {
        Failure::new("INVALID_VARIABLE", format!("Variable $fulfillment was provided invalid value: {error}"))
    })?;
    let [group] = input.line_items_by_fulfillment_order.as_slice() else {
        return Ok(refused("Exactly one fulfillment order is played at a time."));
    };
    let Some(id) = number("FulfillmentOrder", &group.fulfillment_order_id) else {
        return Ok(refused("Fulfillment order does not exist."));
    };
    let mut lines = Vec::new();
    for piece in group.fulfillment_order_line_items.iter().flatten() {
        match counted("FulfillmentOrderLineItem", &piece.id) {
            Some(key) => lines.push((key, piece.quantity)),
            None => return Ok(refused("Invalid fulfillment order line item id.")),
        }
    }
    let tracking = input.tracking_info.unwrap_or_default();
    let note = ParcelNote {
        carrier: tracking.company.as_deref().unwrap_or("Other"),
        number: tracking.number.as_deref().unwrap_or_default(),
        lines: group.fulfillment_order_line_items.as_ref().map(|_| lines.as_slice()),
        corrects: false,
    };
    match call.ship(id, &note)? {
        Ok(order) => {
            let made = rows::parcel(&order, order.parcels.len().saturating_sub(1));
            Ok(json!({"fulfillment": made, "userErrors": []}))
        }
        Err(refusal) => Ok(refused(words(refusal))),
    }
}

fn words(refusal: ParcelRefused) -> &'static str {
    match refusal {
        ParcelRefused::NoOrder => "Fulfillment order does not exist.",
        ParcelRefused::NoSuchLine => "Invalid fulfillment order line item id.",
        ParcelRefused::TooMany => "Invalid fulfillment order line item quantity requested.",
        ParcelRefused::Held => "Fulfillment order is on hold.",
        ParcelRefused::NoNumber => "Tracking number can't be blank.",
        ParcelRefused::NotPaid | ParcelRefused::Refunding => "Fulfillment order has an unfulfillable status.",
        ParcelRefused::AlreadySent | ParcelRefused::Ended | ParcelRefused::NothingToCorrect => {
            "Fulfillment order has an unfulfillable status= closed."
        }
    }
}

fn refused(message: &str) -> Value {
    json!({"fulfillment": null, "userErrors": [{"field": ["fulfillment"], "message": message}]})
}
