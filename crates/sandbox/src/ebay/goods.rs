//! The inventory of an account: items without prices, and their offers on sites.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Answer, Call, Refusal, Reply};
use crate::rest::amount::decimal;
use crate::stores::{Store, StoreItem, StoreVariant};
use crate::world::World;

const PATH: &str = "/sell/inventory/v1/inventory_item";

type Row<'w> = (&'w Store, &'w StoreItem, &'w StoreVariant);

/// Everything with a code, each code once: the first site that has it.
fn inventory<'w>(call: &Call<'_>, world: &'w World) -> Vec<Row<'w>> {
    let mut seen = BTreeSet::new();
    let mut rows = Vec::new();
    for store in call.stores(world) {
        for item in store.shelf.all() {
            let coded = item.variants.iter().filter(|variant| !variant.code.is_empty());
            rows.extend(
                coded.filter(|variant| seen.insert(variant.code.as_str())).map(|variant| (store, item, variant)),
            );
        }
    }
    rows
}

/// `GET /inventory_item`.
pub(super) fn items(call: &Call<'_>, _: &str) -> Reply {
    call.only(&["limit", "offset"])?;
    let (limit, offset) = (call.number("limit", 25, 1, 200)?, call.number("offset", 0, 0, 10_000_000)?);
    let world = call.state.world();
    let all = inventory(call, &world);
    let total = all.len();
    let shown: Vec<Value> = all.into_iter().skip(offset).take(limit).map(|row| shown(call, row)).collect();
    let link = |offset: usize| format!("{PATH}?limit={limit}&offset={offset}");
    let mut answer = json!({"href": link(offset), "total": total, "size": shown.len(), "limit": limit,
        "inventoryItems": shown});
    if let (Value::Object(members), true) = (&mut answer, offset + limit < total) {
        members.insert("next".to_owned(), json!(link(offset + limit)));
    }
    Ok(Answer::ok(answer))
}

/// `GET /inventory_item/{sku}`.
pub(super) fn item(call: &Call<'_>, sku: &str) -> Reply {
    call.only(&[])?;
    let world = call.state.world();
    let found = inventory(call, &world).into_iter().find(|(_, _, variant)| variant.code == sku);
    let gone = || {
        Refusal::new(
            404,
            25_710,
            "API_INVENTORY",
            "We didn't find the resource/entity you are requesting. Please verify the request.",
        )
    };
    Ok(Answer::ok(shown(call, found.ok_or_else(gone)?)))
}

fn shown(call: &Call<'_>, (_, item, variant): Row<'_>) -> Value {
    let pictures: Vec<String> = item.pictures.iter().map(|number| call.state.photograph_url(*number)).collect();
    let aspects: BTreeMap<&str, [&str; 1]> =
        variant.specs.iter().map(|(name, value)| (name.as_str(), [value.as_str()])).collect();
    let mut product = json!({"title": item.title, "imageUrls": pictures, "aspects": aspects});
    if let (Value::Object(members), false) = (&mut product, variant.barcode.is_empty()) {
        members.insert("ean".to_owned(), json!([variant.barcode]));
    }
    json!({"sku": variant.code, "locale": "en_US", "product": product, "condition": "NEW",
        "availability": {"shipToLocationAvailability": {"quantity": variant.quantity}},
        "groupIds": [item.number.to_string()], "inventoryItemGroupKeys": [item.number.to_string()]})
}

/// `GET /offer?sku=`.
pub(super) fn offers(call: &Call<'_>, _: &str) -> Reply {
    call.only(&["sku", "limit", "offset", "marketplace_id", "format"])?;
    let needed = || Refusal::new(400, 25_707, "API_INVENTORY", "This is an invalid value for an SKU.");
    let sku = call.query.text("sku").ok_or_else(needed)?;
    let site = call.query.text("marketplace_id");
    let world = call.state.world();
    let stores = call.stores(&world).into_iter().filter(|store| site.is_none_or(|site| store.of.site == site));
    let offers: Vec<Value> = stores
        .filter_map(|store| {
            let (item, variant) = store.shelf.variant_by_code(sku)?;
            Some(offer(store, item, variant))
        })
        .collect();
    if offers.is_empty() {
        return Err(Refusal::new(404, 25_713, "API_INVENTORY", "This Offer is not available."));
    }
    let (total, limit) = (offers.len(), call.number("limit", 100, 1, 100)?);
    Ok(Answer::ok(json!({"href": format!("/sell/inventory/v1/offer?sku={sku}"), "total": total, "size": total,
        "limit": limit, "offers": offers})))
}

fn offer(store: &Store, item: &StoreItem, variant: &StoreVariant) -> Value {
    let on_sale = item.on_sale && variant.on_sale;
    let price = json!({"value": decimal(variant.price_minor, &store.currency), "currency": store.currency});
    let mut shown = json!({"offerId": variant.number.to_string(), "sku": variant.code, "marketplaceId": store.of.site,
        "format": "FIXED_PRICE", "availableQuantity": variant.quantity, "categoryId": item.category_id.to_string(),
        "pricingSummary": {"price": price}, "status": if on_sale { "PUBLISHED" } else { "UNPUBLISHED" }});
    if let (Value::Object(members), true) = (&mut shown, on_sale) {
        let listing = json!({"listingId": item.number.to_string(), "listingStatus": "ACTIVE", "soldQuantity": 0});
        members.insert("listing".to_owned(), listing);
    }
    shown
}
