//! `bulk_update_price_quantity`: each line by itself; buyers see the smaller of an item's and its offer's
//! number, so a line that says one of them alone can only lower what is shown.

use actix_web::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Call, Refusal, Reply};
use crate::rest::amount::decimal;
use crate::stores::StoreRef;

const MOST: usize = 25;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    requests: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Line {
    sku: String,
    #[serde(default)]
    ship_to_location_availability: Option<Quantity>,
    #[serde(default)]
    offers: Vec<Offer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quantity {
    quantity: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Offer {
    offer_id: String,
    #[serde(default)]
    available_quantity: Option<i64>,
    #[serde(default)]
    price: Option<Price>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Price {
    value: String,
    currency: String,
}

/// Runs the update.
pub(super) fn update(call: &Call<'_>, _: &str) -> Reply {
    let bad = |id: i64, words: &str| Refusal::new(400, id, "API_INVENTORY", words);
    let named = |language: &str| language.split_once('-').is_some_and(|(one, two)| one.len() == 2 && two.len() == 2);
    if !call.language.as_deref().is_some_and(named) {
        return Err(bad(25_709, "Invalid value for header Content-Language."));
    }
    call.only(&[])?;
    let body: Body =
        serde_json::from_slice(call.body).map_err(|error| bad(2_004, &format!("Invalid request: {error}")))?;
    if body.requests.is_empty() || body.requests.len() > MOST {
        return Err(bad(25_715, "The number of SKUs in the request must be from 1 to 25."));
    }
    let skus = || body.requests.iter().map(|line| &line.sku);
    if (1..).zip(skus()).any(|(nth, sku)| skus().skip(nth).any(|other| other == sku)) {
        return Err(bad(25_734, "SKU should be unique in the request."));
    }
    let mut rows = Vec::new();
    for line in &body.requests {
        match line.offers.as_slice() {
            [] => rows.push(row(call, line, None)),
            offers => rows.extend(offers.iter().map(|offer| row(call, line, Some(offer)))),
        }
    }
    let failed = rows.iter().any(|row| row.get("statusCode").and_then(Value::as_i64) != Some(200));
    let status = if failed { StatusCode::MULTI_STATUS } else { StatusCode::OK };
    Ok(Answer { status, body: json!({"responses": rows}), location: None })
}

fn row(call: &Call<'_>, line: &Line, offer: Option<&Offer>) -> Value {
    let id = offer.map(|offer| offer.offer_id.as_str());
    match apply(call, line, offer) {
        Ok(()) => json!({"sku": line.sku, "offerId": id, "statusCode": 200, "errors": [], "warnings": []}),
        Err(refusal) => json!({"sku": line.sku, "offerId": id, "statusCode": refusal.status,
            "errors": [refusal.value()], "warnings": []}),
    }
}

/// Which variants a line means: that of its offer, or those of the code on all sites.
fn meant(call: &Call<'_>, line: &Line, offer: Option<&Offer>) -> Vec<(StoreRef, u64, i64, String, i64)> {
    let world = call.state.world();
    let found = call.stores(&world).into_iter().filter_map(|store| {
        let (_, variant) = store.shelf.variant_by_code(&line.sku)?;
        let fits = offer.is_none_or(|offer| offer.offer_id == variant.number.to_string());
        fits.then(|| (store.of.clone(), variant.number, variant.quantity, store.currency.clone(), variant.price_minor))
    });
    found.collect()
}

fn apply(call: &Call<'_>, line: &Line, offer: Option<&Offer>) -> Result<(), Refusal> {
    let bad = |id: i64, words: &str| Refusal::new(400, id, "API_INVENTORY", words);
    let ship = line.ship_to_location_availability.as_ref().map(|all| all.quantity);
    let available = offer.and_then(|offer| offer.available_quantity);
    if ship.is_none() && available.is_none() && offer.is_none_or(|offer| offer.price.is_none()) {
        return Err(bad(25_718, "Nothing is to be updated."));
    }
    if [ship, available].into_iter().flatten().any(|quantity| !(0..=1_000_000).contains(&quantity)) {
        return Err(bad(25_003, "Invalid quantity. The quantity must be a valid number from 0."));
    }
    let meant = meant(call, line, offer);
    if meant.is_empty() {
        return Err(match offer {
            Some(_) => bad(25_713, "This Offer is not available."),
            None => bad(25_702, "SKU could not be found or is not available in the system."),
        });
    }
    for (store, variant, had, currency, price) in meant {
        if let Some(given) = offer.and_then(|offer| offer.price.as_ref())
            && (given.currency != currency || given.value != decimal(price, &currency))
        {
            return Err(bad(25_730, "Prices are not changed here."));
        }
        let shown = [ship, available].into_iter().flatten().min();
        let shown = match (ship, available, shown) {
            (Some(_), Some(_), Some(least)) => least,
            (_, _, Some(one)) => one.min(had),
            (_, _, None) => had,
        };
        let told = call.state.store_stocks(&store, variant, shown, true);
        told.map_err(|_| bad(25_003, "Invalid quantity."))?;
    }
    Ok(())
}
