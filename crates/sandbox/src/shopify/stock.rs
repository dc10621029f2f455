//! `inventorySetQuantities`: all lines or none, compared with what was there where that is said.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::graphql::Field;
use super::ids::{counted, gid};
use super::{Call, Failure, rows};
use crate::clock::rfc3339_utc;
use crate::stores::{Happening, Shelf};

/// The version from which a key is asked for and a comparison must be said.
const WITH_KEYS: &str = "2026-04";

/// Most lines of one call.
const MOST: usize = 250;

/// Reasons the platform knows.
const REASONS: [&str; 7] =
    ["correction", "cycle_count_available", "damaged", "movement_created", "other", "received", "restock"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Input {
    name: String,
    reason: String,
    #[serde(default)]
    reference_document_uri: Option<String>,
    quantities: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Line {
    inventory_item_id: String,
    location_id: String,
    quantity: i64,
    /// Absent and `null` differ: `null` says that nothing is to be compared.
    #[serde(default, deserialize_with = "told")]
    change_from_quantity: Option<Option<i64>>,
}

fn told<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<i64>>, D::Error> {
    Option::<i64>::deserialize(from).map(Some)
}

/// Runs the write, or remembers what it answered to the same key.
pub(super) fn set_quantities(call: &Call<'_>, field: &Field) -> Result<Value, Failure> {
    let given = field.arguments.get("input").cloned().unwrap_or_default();
    let input: Input = serde_json::from_value(given.clone()).map_err(|error| {
        Failure::new("INVALID_VARIABLE", format!("Variable $input was provided invalid value: {error}"))
    })?;
    let key = idempotency(call, field)?;
    if let Some(key) = &key
        && let Some((former, answer)) = call.state.0.repeats.get(&format!("{}/{key}", call.of.seller))
    {
        if former == given {
            return Ok(answer);
        }
        let message = "The idempotency key was used with different arguments.";
        return Ok(refused(vec![user_error("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", &["input"], message)]));
    }
    let answer = write(call, &input)?;
    if let Some(key) = key {
        call.state.0.repeats.put(format!("{}/{key}", call.of.seller), given, answer.clone());
    }
    Ok(answer)
}

/// The key of `@idempotent(key:)`, which newer versions insist on.
fn idempotency(call: &Call<'_>, field: &Field) -> Result<Option<String>, Failure> {
    let arguments: Option<&Map<String, Value>> =
        field.directives.iter().find(|(name, _)| name == "idempotent").map(|(_, arguments)| arguments);
    let key =
        arguments.and_then(|arguments| arguments.get("key")).and_then(Value::as_str).filter(|key| !key.is_empty());
    match key {
        Some(key) if key.len() > 255 => Err(Failure::new("BAD_REQUEST", "The idempotency key is too long.")),
        Some(key) => Ok(Some(key.to_owned())),
        None if call.version.as_str() < WITH_KEYS => Ok(None),
        None => Err(Failure::new(
            "BAD_REQUEST",
            "The @idempotent directive is required for this mutation but was not provided.",
        )),
    }
}

fn write(call: &Call<'_>, input: &Input) -> Result<Value, Failure> {
    let mut errors = Vec::new();
    if !["available", "on_hand"].contains(&input.name.as_str()) {
        errors.push(user_error(
            "INVALID_NAME",
            &["input", "name"],
            "The quantity name must be either 'available' or 'on_hand'.",
        ));
    }
    if !REASONS.contains(&input.reason.as_str()) {
        errors.push(user_error("INVALID_REASON", &["input", "reason"], "The specified reason is invalid."));
    }
    if input.reference_document_uri.as_deref().is_some_and(|uri| url::Url::parse(uri).is_err()) {
        let message = "The specified reference document is not a valid URI.";
        errors.push(user_error("INVALID_REFERENCE_DOCUMENT", &["input", "referenceDocumentUri"], message));
    }
    if input.quantities.is_empty() || input.quantities.len() > MOST {
        return Err(Failure::new("MAX_INPUT_SIZE_EXCEEDED", format!("quantities must have 1 to {MOST} lines")));
    }
    let mut world = call.state.world();
    let seq = world.next_number();
    let store = world.stores.store_mut(&call.of);
    let store = store.ok_or_else(|| Failure::new("SHOP_INACTIVE", "The shop is gone."))?;
    for (nth, line) in input.quantities.iter().enumerate() {
        errors.extend(fault(call, &store.shelf, line).map(|(code, part, message)| {
            let nth = nth.to_string();
            let whole = ["input", "quantities", nth.as_str(), part];
            let length = if part.is_empty() { 3 } else { 4 };
            user_error(code, whole.get(..length).unwrap_or_default(), message)
        }));
    }
    let pairs = || input.quantities.iter().map(|line| (&line.inventory_item_id, &line.location_id));
    if (1..).zip(pairs()).any(|(nth, pair)| pairs().skip(nth).any(|other| other == pair)) {
        let message = "The combination of inventoryItemId and locationId must be unique.";
        errors.push(user_error("NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", &["input", "quantities"], message));
    }
    if !errors.is_empty() {
        return Ok(refused(errors));
    }
    let (mut changes, mut items) = (Vec::new(), Vec::new());
    for line in &input.quantities {
        let variant = counted("InventoryItem", &line.inventory_item_id).unwrap_or(0);
        let had = store.shelf.set_quantity(variant, line.quantity, call.now).unwrap_or(line.quantity);
        if had != line.quantity {
            changes
                .push(json!({"name": "available", "delta": line.quantity - had, "quantityAfterChange": line.quantity}));
            items.extend(store.shelf.item_of_variant(variant).map(|item| item.number));
        }
    }
    drop(world);
    for item in items {
        call.state.stores().tell(&call.of, Happening::StockChanged, &item.to_string());
    }
    let group = json!({"id": gid("InventoryAdjustmentGroup", seq), "reason": input.reason,
        "createdAt": rfc3339_utc(call.now), "changes": changes});
    Ok(json!({"inventoryAdjustmentGroup": group, "userErrors": []}))
}

/// What is wrong with a line: a code, the member at fault (empty: the line) and words.
fn fault(call: &Call<'_>, shelf: &Shelf, line: &Line) -> Option<(&'static str, &'static str, &'static str)> {
    let variant = counted("InventoryItem", &line.inventory_item_id).and_then(|number| shelf.variant(number));
    let Some((_, variant)) = variant else {
        return Some(("INVALID_INVENTORY_ITEM", "inventoryItemId", "The specified inventory item could not be found."));
    };
    if line.location_id != gid("Location", rows::LOCATION) {
        return Some(("INVALID_LOCATION", "locationId", "The specified location could not be found."));
    }
    if line.quantity < 0 {
        return Some(("INVALID_QUANTITY_NEGATIVE", "quantity", "The quantity can't be negative."));
    }
    if line.quantity > 1_000_000_000 {
        return Some(("INVALID_QUANTITY_TOO_HIGH", "quantity", "The quantity can't be higher than 1,000,000,000."));
    }
    match line.change_from_quantity {
        None if call.version.as_str() >= WITH_KEYS => {
            Some(("CHANGE_FROM_QUANTITY_REQUIRED", "", "The changeFromQuantity argument must be given, or be null."))
        }
        Some(Some(expected)) if expected != variant.quantity => {
            let message = "The changeFromQuantity argument no longer matches the persisted quantity.";
            Some(("CHANGE_FROM_QUANTITY_STALE", "", message))
        }
        _ => None,
    }
}

fn user_error(code: &str, field: &[&str], message: &str) -> Value {
    json!({"code": code, "field": field, "message": message})
}

fn refused(errors: Vec<Value>) -> Value {
    json!({"inventoryAdjustmentGroup": null, "userErrors": errors})
}
