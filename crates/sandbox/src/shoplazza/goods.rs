//! Products with their variants, and stock of a variant.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::door::cut;
use super::{Call, Refusal, Reply};
use crate::clock::{parse_rfc3339, rfc3339_utc};
use crate::rest::amount::decimal;
use crate::stores::{Store, StoreItem, StoreVariant};

/// Reads a bound of a list.
pub(super) fn moment(call: &Call<'_>, name: &str) -> Result<Option<i64>, Refusal> {
    let text = call.query.text(name);
    text.map(|text| parse_rfc3339(text).ok_or_else(|| Refusal::parameter(name))).transpose()
}

/// `GET /products`.
pub(super) fn list(call: &Call<'_>, _: &str) -> Reply {
    if let Some(stranger) = call.query.stranger(&["limit", "cursor", "updated_at_min", "updated_at_max"]) {
        return Err(Refusal::parameter(stranger));
    }
    let (from, until) = (moment(call, "updated_at_min")?, moment(call, "updated_at_max")?);
    let world = call.state.world();
    let store = call.store(&world)?;
    let found = store.shelf.all().filter(|item| item.changed_within(from, until));
    let part = cut(call, found.map(|item| ((item.changed_at, item.number), item)).collect())?;
    let rows: Vec<Value> = part.rows.into_iter().map(|item| row(call, store, item)).collect();
    Ok(json!({"products": rows, "cursor": part.cursor, "has_more": part.has_more}))
}

/// `GET /products/{id}`.
pub(super) fn one(call: &Call<'_>, id: &str) -> Reply {
    let world = call.state.world();
    let store = call.store(&world)?;
    let item = id.parse().ok().and_then(|number| store.shelf.item(number)).ok_or_else(|| Refusal::gone("product"))?;
    Ok(json!({"product": row(call, store, item)}))
}

fn row(call: &Call<'_>, store: &Store, item: &StoreItem) -> Value {
    let names: Vec<&str> =
        item.variants.first().into_iter().flat_map(|one| &one.specs).map(|(name, _)| name.as_str()).collect();
    let options: Vec<Value> = (1..)
        .zip(&names)
        .map(|(nth, name): (u64, _)| {
            let values: Vec<&str> = item
                .variants
                .iter()
                .flat_map(|one| &one.specs)
                .filter(|(known, _)| known == name)
                .map(|(_, value)| value.as_str())
                .collect();
            json!({"name": name, "position": nth, "values": values})
        })
        .collect();
    let images: Vec<Value> =
        item.pictures.iter().map(|number| json!({"src": call.state.photograph_url(*number)})).collect();
    let variants: Vec<Value> = item.variants.iter().map(|one| variant(store, item, one)).collect();
    json!({"id": item.number.to_string(), "title": item.title, "published": item.on_sale, "spu": "",
        "created_at": rfc3339_utc(item.created_at), "updated_at": rfc3339_utc(item.changed_at), "images": images,
        "options": options, "variants": variants})
}

fn variant(store: &Store, item: &StoreItem, one: &StoreVariant) -> Value {
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| drop(shown.insert(name.to_owned(), value));
    put("id", json!(one.number.to_string()));
    put("product_id", json!(item.number.to_string()));
    put("sku", json!(one.code));
    put("barcode", json!(one.barcode));
    put("price", json!(decimal(one.price_minor, &store.currency)));
    put("inventory_quantity", json!(one.quantity));
    for (name, place) in [("option1", 0), ("option2", 1), ("option3", 2)] {
        put(name, json!(one.specs.get(place).map_or("", |(_, value)| value.as_str())));
    }
    Value::Object(shown)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    variant: Change,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    #[serde(default)]
    id: Option<String>,
    inventory_quantity: i64,
}

/// `PUT /variants/{id}`.
pub(super) fn update(call: &Call<'_>, id: &str) -> Reply {
    let body: Body = serde_json::from_slice(call.body).map_err(|error| Refusal::parameter(&error.to_string()))?;
    if body.variant.id.as_deref().is_some_and(|told| told != id) {
        return Err(Refusal::parameter("variant.id"));
    }
    let quantity = body.variant.inventory_quantity;
    let number: u64 = id.parse().map_err(|_| Refusal::gone("variant"))?;
    if !(0..=10_000_000).contains(&quantity) {
        return Err(Refusal::parameter("inventory_quantity"));
    }
    call.state.store_stocks(&call.of, number, quantity, true).map_err(|_| Refusal::gone("variant"))?;
    let world = call.state.world();
    let store = call.store(&world)?;
    let (item, one) = store.shelf.variant(number).ok_or_else(|| Refusal::gone("variant"))?;
    Ok(json!({"variant": variant(store, item, one)}))
}
