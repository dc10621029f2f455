//! Listings of a seller on a site: each variant is one, under the merchant's code.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Answer, Call, Refusal, Reply, store};
use crate::clock::{parse_rfc3339, rfc3339_utc};
use crate::crypto;
use crate::rest::amount::decimal;
use crate::stores::{Store, StoreItem, StoreRef, StoreVariant};

/// A search shows no more than this, page by page.
const REACH: usize = 1_000;

const INCLUDED: &[&str] = &[
    "summaries",
    "attributes",
    "issues",
    "offers",
    "fulfillmentAvailability",
    "procurement",
    "relationships",
    "productTypes",
];

/// The channel of what lies with the seller.
const OWN: &str = "DEFAULT";

/// The kind of every listing here.
const PRODUCT_TYPE: &str = "GROCERY";

fn own(call: &Call<'_>, seller: &str) -> Result<(), Refusal> {
    if seller == call.seller { Ok(()) } else { Err(Refusal::denied("The seller is another.")) }
}

/// `searchListingsItems`.
pub(super) fn search(call: &Call<'_>, pieces: &[&str]) -> Reply {
    own(call, pieces.first().copied().unwrap_or_default())?;
    call.only(&["marketplaceIds", "pageSize", "pageToken", "lastUpdatedAfter", "lastUpdatedBefore", "includedData"])?;
    let of = call.the_site()?;
    let included = call.included(INCLUDED)?;
    let size = call.query.number("pageSize", 10, 1, 20).map_err(|name| Refusal::input(format!("Invalid {name}")))?;
    let size = usize::try_from(size).unwrap_or(10);
    let moment = |name: &str| {
        let text = call.query.text(name);
        text.map(|text| parse_rfc3339(text).ok_or_else(|| Refusal::input(format!("Invalid {name}")))).transpose()
    };
    let (from, until) = (moment("lastUpdatedAfter")?, moment("lastUpdatedBefore")?);
    let skipped = match call.query.text("pageToken") {
        None => 0,
        Some(token) => place(token).ok_or_else(|| Refusal::input("Invalid pageToken"))?,
    };
    let world = call.state.world();
    let store = store(&world, &of)?;
    let changed = store.shelf.all().filter(|item| item.changed_within(from, until));
    let of_item = |item| move |variant| (item, variant);
    let all: Vec<(&StoreItem, &StoreVariant)> = changed
        .flat_map(|item| item.variants.iter().map(of_item(item)))
        .filter(|(_, variant): &(&StoreItem, &StoreVariant)| !variant.code.is_empty())
        .collect();
    let total = all.len();
    let rows: Vec<Value> = all
        .into_iter()
        .take(REACH)
        .skip(skipped)
        .take(size)
        .map(|(item, variant)| listing(call, store, item, variant, &included))
        .collect();
    let next = skipped + rows.len();
    let mut pagination = Map::new();
    if next < total.min(REACH) && !rows.is_empty() {
        pagination.insert("nextToken".to_owned(), json!(STANDARD.encode(format!("listings/{next}"))));
    }
    Ok(Answer::ok(json!({"numberOfResults": total, "pagination": pagination, "items": rows})))
}

fn place(token: &str) -> Option<usize> {
    let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
    text.strip_prefix("listings/")?.parse().ok()
}

/// `getListingsItem`.
pub(super) fn one(call: &Call<'_>, pieces: &[&str]) -> Reply {
    let [seller, sku] = pieces else { return Err(Refusal::not_found("no such listing")) };
    own(call, seller)?;
    call.only(&["marketplaceIds", "includedData", "issueLocale"])?;
    let of = call.the_site()?;
    let included = call.included(INCLUDED)?;
    let world = call.state.world();
    let store = store(&world, &of)?;
    let (item, variant) = store.shelf.variant_by_code(sku).ok_or_else(|| unknown(sku))?;
    Ok(Answer::ok(listing(call, store, item, variant, &included)))
}

fn unknown(sku: &str) -> Refusal {
    Refusal::not_found(format!("SKU '{sku}' not found in marketplace"))
}

/// Where a listing's pieces lie.
fn channel(store: &Store, code: &str) -> &'static str {
    if store.setting("fba").split(',').any(|one| one == code) { "AMAZON_NA" } else { OWN }
}

fn listing(call: &Call<'_>, store: &Store, item: &StoreItem, variant: &StoreVariant, included: &[String]) -> Value {
    let site = super::sites::by_code(&store.of.site);
    let has = |part: &str| included.iter().any(|one| one == part);
    let mut shown = Map::from_iter([("sku".to_owned(), json!(variant.code))]);
    let mut put = |name: &str, value: Value| drop(shown.insert(name.to_owned(), value));
    if included.is_empty() || has("summaries") {
        let values = variant.specs.iter().map(|(_, value)| format!(" {value}")).collect::<String>();
        let status =
            if item.on_sale && variant.on_sale { json!(["BUYABLE", "DISCOVERABLE"]) } else { json!(["DISCOVERABLE"]) };
        let mut summary = json!({"marketplaceId": site.id, "asin": format!("B{:09}", variant.number % 1_000_000_000),
            "productType": PRODUCT_TYPE, "conditionType": "new_new", "status": status,
            "itemName": format!("{}{values}", item.title), "createdDate": rfc3339_utc(item.created_at),
            "lastUpdatedDate": rfc3339_utc(item.changed_at)});
        if let (Value::Object(members), Some(picture)) = (&mut summary, item.pictures.first()) {
            let link = call.state.photograph_url(*picture);
            members.insert("mainImage".to_owned(), json!({"link": link, "height": 160, "width": 160}));
        }
        put("summaries", json!([summary]));
    }
    if has("offers") {
        let price = json!({"currencyCode": store.currency, "amount": decimal(variant.price_minor, &store.currency)});
        put("offers", json!([{"marketplaceId": site.id, "offerType": "B2C", "price": price}]));
    }
    if has("fulfillmentAvailability") {
        let code = channel(store, &variant.code);
        put("fulfillmentAvailability", json!([{"fulfillmentChannelCode": code, "quantity": variant.quantity}]));
    }
    if has("issues") {
        put("issues", json!([]));
    }
    Value::Object(shown)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Patch {
    product_type: String,
    patches: Vec<Change>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    op: String,
    path: String,
    value: Vec<Value>,
}

/// `patchListingsItem`: what is taken in is applied a moment later.
pub(super) fn patch(call: &Call<'_>, pieces: &[&str]) -> Reply {
    let [seller, sku] = pieces else { return Err(Refusal::not_found("no such listing")) };
    own(call, seller)?;
    call.only(&["marketplaceIds", "includedData", "mode", "issueLocale"])?;
    let preview = match call.query.text("mode") {
        None => false,
        Some("VALIDATION_PREVIEW") => true,
        Some(_) => return Err(Refusal::input("Invalid mode")),
    };
    let of = call.the_site()?;
    let body: Patch = serde_json::from_slice(call.body).map_err(|error| Refusal::input(error.to_string()))?;
    if body.patches.is_empty() || body.patches.len() > 5 {
        return Err(Refusal::input("patches must have 1 to 5 elements"));
    }
    let (variant, held) = {
        let world = call.state.world();
        let store = store(&world, &of)?;
        let (_, variant) = store.shelf.variant_by_code(sku).ok_or_else(|| unknown(sku))?;
        (variant.number, channel(store, &variant.code))
    };
    let judged = judge(&body, held);
    let submission: String = crypto::random_text(32).to_lowercase();
    let (status, issues) = match &judged {
        Ok(_) if preview => ("VALID", Vec::new()),
        Ok(_) => ("ACCEPTED", Vec::new()),
        Err((code, message)) => {
            let issue = json!({"code": code, "message": message, "severity": "ERROR", "categories": ["INVALID_ATTRIBUTE"],
                "attributeNames": ["fulfillment_availability"]});
            ("INVALID", vec![issue])
        }
    };
    if let (Ok(quantity), false) = (judged, preview) {
        apply(call, of, variant, quantity);
    }
    Ok(Answer::ok(json!({"sku": sku, "status": status, "submissionId": submission, "issues": issues})))
}

fn apply(call: &Call<'_>, of: StoreRef, variant: u64, quantity: i64) {
    call.state.settle_by_itself(move |state| {
        // A listing that is gone meanwhile takes nothing.
        let _ = state.store_stocks(&of, variant, quantity, true);
    });
}

/// The quantity that a patch sets, or what is wrong with it.
fn judge(patch: &Patch, channel: &str) -> Result<i64, (&'static str, &'static str)> {
    if patch.product_type != PRODUCT_TYPE {
        return Err(("4000001", "The provided 'product_type' is not that of the listing."));
    }
    let [change] = patch.patches.as_slice() else {
        return Err(("4000003", "Stock alone is changed here, by one patch."));
    };
    if !["replace", "add"].contains(&change.op.as_str()) || change.path != "/attributes/fulfillment_availability" {
        return Err(("4000003", "The patch cannot be applied to the listing."));
    }
    let [value] = change.value.as_slice() else {
        return Err(("90220", "'fulfillment_availability' needs one value."));
    };
    match value.get("fulfillment_channel_code").and_then(Value::as_str) {
        Some(OWN) if channel == OWN => {}
        Some(OWN) => return Err(("8560", "The offer is fulfilled by Amazon, which counts the pieces itself.")),
        _ => return Err(("90220", "'fulfillment_channel_code' is required but not supplied or invalid.")),
    }
    let quantity = value.get("quantity").and_then(Value::as_i64);
    quantity.filter(|quantity| *quantity >= 0).ok_or(("90220", "'quantity' is required but not supplied."))
}
