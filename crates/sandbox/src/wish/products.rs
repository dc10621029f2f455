//! Products with their variations, and stock by warehouse.

use serde::Deserialize;
use serde_json::{Value, json};

use super::lists::{Keyed, PARAMETERS, cut};
use super::{Call, Refusal, Reply};
use crate::clock::rfc3339_utc_millis;
use crate::rest::amount::number;
use crate::stores::{Store, StoreItem, StoreVariant};

/// The merchant's one warehouse.
const WAREHOUSE: &str = "5e7f0c0a6fc464f4f3760111";

const MOST: i64 = 500_000;

/// Ids are twenty-four hex digits.
pub(super) fn id(number: u64) -> String {
    format!("{number:024x}")
}

fn number_of(id: &str) -> Option<u64> {
    u64::from_str_radix(id, 16).ok().filter(|_| id.len() == 24)
}

/// `GET /products`.
pub(super) fn list(call: &Call<'_>, _: &str) -> Reply {
    if let Some(stranger) = call.query.stranger(&PARAMETERS) {
        return Err(Refusal::parameter(stranger));
    }
    let world = call.state.world();
    let store = call.store(&world)?;
    let keyed = store.shelf.all().map(|item| Keyed { at_ms: item.changed_at * 1_000, id: id(item.number), row: item });
    let shown = cut(call, keyed.collect())?;
    Ok(shown.into_iter().map(|item| row(call, store, item)).collect())
}

/// `GET /products/{id}`.
pub(super) fn one(call: &Call<'_>, id: &str) -> Reply {
    let world = call.state.world();
    let store = call.store(&world)?;
    let item = number_of(id).and_then(|number| store.shelf.item(number)).ok_or_else(|| Refusal::gone("Product"))?;
    Ok(row(call, store, item))
}

fn row(call: &Call<'_>, store: &Store, item: &StoreItem) -> Value {
    let picture = item.pictures.first().map(|number| call.state.photograph_url(*number));
    let variations: Vec<Value> = item.variants.iter().map(|one| variation(store, one)).collect();
    json!({"id": id(item.number), "name": item.title, "parent_sku": format!("P{}", item.number),
        "status": if item.on_sale { "APPROVED" } else { "DISABLED" }, "updated_at": rfc3339_utc_millis(item.changed_at),
        "created_at": rfc3339_utc_millis(item.created_at), "main_image": {"url": picture, "is_clean_image": false},
        "variations": variations})
}

fn variation(store: &Store, one: &StoreVariant) -> Value {
    let options: Vec<Value> = one.specs.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    json!({"id": id(one.number), "sku": one.code, "status": if one.on_sale { "ENABLED" } else { "DISABLED" },
        "gtin": one.barcode, "options": options,
        "price": {"amount": number(one.price_minor, &store.currency), "currency_code": store.currency},
        "inventories": [{"warehouse_id": WAREHOUSE, "inventory": one.quantity}]})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    variations: Vec<Change>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    id: String,
    inventories: Vec<Inventory>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Inventory {
    warehouse_id: String,
    inventory: i64,
}

/// `PUT /products/{id}`: stock of its variations, all or none.
pub(super) fn update(call: &Call<'_>, product: &str) -> Reply {
    let body: Body = serde_json::from_slice(call.body).map_err(|error| Refusal::parameter(&error.to_string()))?;
    let mut changes = Vec::new();
    {
        let world = call.state.world();
        let item = number_of(product).and_then(|number| call.store(&world).ok()?.shelf.item(number));
        let item = item.ok_or_else(|| Refusal::gone("Product"))?;
        for change in &body.variations {
            let known = item.variants.iter().find(|one| id(one.number) == change.id);
            let known = known.ok_or_else(|| Refusal::gone("Variation"))?;
            let [place] = change.inventories.as_slice() else { return Err(Refusal::parameter("inventories")) };
            if place.warehouse_id != WAREHOUSE {
                return Err(Refusal::gone("Warehouse"));
            }
            if !(0..=MOST).contains(&place.inventory) {
                return Err(Refusal::parameter("inventory"));
            }
            changes.push((known.number, place.inventory));
        }
    }
    for (variant, quantity) in changes {
        let set = call.state.store_stocks(&call.of, variant, quantity, true);
        set.map_err(|_| Refusal::gone("Variation"))?;
    }
    one(call, product)
}
