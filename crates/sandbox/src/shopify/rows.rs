//! Whole objects of the schema, made of what the store has.

use serde_json::{Value, json};

use super::ids::gid;
use crate::clock::rfc3339_utc;
use crate::rest::amount::decimal;
use crate::state::SandboxState;
use crate::stores::{OrderStage, RefundStage, Store, StoreItem, StoreOrder, StoreOrderLine, StoreVariant};

/// The one place where a store's goods lie.
pub(super) const LOCATION: u64 = 66_000_000_001;

/// `Shop`.
pub(super) fn shop(store: &Store) -> Value {
    json!({"id": gid("Shop", 55_000_000_001_u64), "name": store.name, "email": "owner@example.com",
        "myshopifyDomain": store.of.seller, "currencyCode": store.currency, "ianaTimezone": "Etc/UTC"})
}

/// `Location`.
pub(super) fn location() -> Value {
    json!({"id": gid("Location", LOCATION), "name": "Main warehouse", "isActive": true})
}

/// `Product` with all its variants.
pub(super) fn product(state: &SandboxState, store: &Store, item: &StoreItem) -> Value {
    let image = item.pictures.first().map(|number| {
        let url = state.photograph_url(*number);
        json!({"id": gid("MediaImage", number), "alt": "", "preview": {"status": "READY",
            "image": {"url": url, "altText": "", "width": 800, "height": 800}}})
    });
    json!({"id": gid("Product", item.number), "title": item.title, "handle": format!("p-{}", item.number),
        "status": if item.on_sale { "ACTIVE" } else { "DRAFT" }, "vendor": store.name, "productType": item.category,
        "createdAt": rfc3339_utc(item.created_at), "updatedAt": rfc3339_utc(item.changed_at), "featuredMedia": image,
        "variants": item.variants.iter().map(|one| variant(store, item, one)).collect::<Vec<_>>()})
}

fn variant(store: &Store, item: &StoreItem, one: &StoreVariant) -> Value {
    let options: Vec<Value> = match one.specs.is_empty() {
        true => vec![json!({"name": "Title", "value": "Default Title"})],
        false => one.specs.iter().map(|(name, value)| json!({"name": name, "value": value})).collect(),
    };
    let title = options.iter().filter_map(|option| option.get("value")?.as_str()).collect::<Vec<_>>().join(" / ");
    let level = json!({"id": gid("InventoryLevel", one.number), "location": location(),
        "quantities": [{"name": "available", "quantity": one.quantity}]});
    json!({"id": gid("ProductVariant", one.number), "title": title, "sku": filled(&one.code),
        "barcode": filled(&one.barcode), "price": decimal(one.price_minor, &store.currency), "compareAtPrice": null,
        "inventoryQuantity": one.quantity, "updatedAt": rfc3339_utc(item.changed_at), "selectedOptions": options,
        "inventoryItem": {"id": gid("InventoryItem", one.number), "sku": filled(&one.code), "tracked": true,
            "inventoryLevels": [level]}})
}

fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// `Order` with all its lines and what is left to send.
pub(super) fn order(store: &Store, order: &StoreOrder) -> Value {
    let money = |minor: i64| bag(minor, &order.currency);
    let given_back = order.refund == RefundStage::Refunded;
    let current = if given_back { 0 } else { order.total_minor() };
    let lines: Vec<Value> = order.lines.iter().map(|one| line(store, order, one)).collect();
    let to = &order.receiver;
    let address = json!({"name": to.name, "phone": to.phone, "countryCodeV2": to.country, "country": to.country,
        "province": filled(&to.province), "provinceCode": null, "city": to.city, "address1": to.street,
        "address2": filled(&to.district), "zip": to.postcode});
    let cancelled = order.ended_at.filter(|_| order.stage == OrderStage::Cancelled);
    json!({"id": gid("Order", &order.id), "name": format!("#{}", 1_000 + order.seq), "note": filled(&order.note),
        "email": null, "createdAt": rfc3339_utc(order.created_at), "processedAt": rfc3339_utc(order.created_at),
        "updatedAt": rfc3339_utc(order.changed_at), "cancelledAt": cancelled.map(rfc3339_utc),
        "cancelReason": cancelled.map(|_| "CUSTOMER"), "displayFinancialStatus": financial(order),
        "displayFulfillmentStatus": fulfilment(order), "currencyCode": order.currency,
        "presentmentCurrencyCode": order.currency, "totalPriceSet": money(order.total_minor()),
        "currentTotalPriceSet": money(current), "totalShippingPriceSet": money(order.postage_minor),
        "shippingAddress": address, "lineItems": lines, "fulfillmentOrders": [to_send(order, &lines)],
        "fulfillments": (0..order.parcels.len()).map(|nth| parcel(order, nth)).collect::<Vec<_>>()})
}

fn line(store: &Store, order: &StoreOrder, one: &StoreOrderLine) -> Value {
    let ended = order.stage == OrderStage::Cancelled || order.refund == RefundStage::Refunded;
    // What has been deleted since is no longer told of.
    let known = store.shelf.variant(one.variant).is_some();
    let named = |kind: &str, number: u64, title: &str| known.then(|| json!({"id": gid(kind, number), "title": title}));
    let spec = one.spec_values();
    json!({"id": gid("LineItem", one.key), "name": one.title, "sku": filled(&one.code), "title": one.title,
        "variantTitle": filled(&spec), "quantity": one.quantity,
        "currentQuantity": if ended { 0 } else { one.quantity }, "unfulfilledQuantity": one.quantity - one.shipped,
        "product": named("Product", one.item, &one.title), "variant": named("ProductVariant", one.variant, &spec),
        "originalUnitPriceSet": bag(one.price_minor, &order.currency),
        "discountedTotalSet": bag(one.minor(), &order.currency)})
}

/// `MoneyBag`: the buyer pays in the store's currency here.
fn bag(minor: i64, currency: &str) -> Value {
    let money = json!({"amount": decimal(minor, currency), "currencyCode": currency});
    json!({"shopMoney": money, "presentmentMoney": money})
}

fn financial(order: &StoreOrder) -> &'static str {
    match (order.refund, order.paid_at, order.stage) {
        (RefundStage::Refunded, _, _) => "REFUNDED",
        (_, None, OrderStage::Cancelled) => "VOIDED",
        (_, None, _) => "PENDING",
        (_, Some(_), _) => "PAID",
    }
}

fn fulfilment(order: &StoreOrder) -> &'static str {
    match order.stage {
        OrderStage::Unpaid | OrderStage::Paid if order.held => "ON_HOLD",
        OrderStage::Unpaid | OrderStage::Paid | OrderStage::Cancelled => "UNFULFILLED",
        OrderStage::PartShipped => "PARTIALLY_FULFILLED",
        OrderStage::Shipped | OrderStage::Done => "FULFILLED",
    }
}

/// `FulfillmentOrder`: all lines are sent from the one place.
fn to_send(order: &StoreOrder, lines: &[Value]) -> Value {
    let status = match order.stage {
        OrderStage::Cancelled => "CANCELLED",
        OrderStage::Shipped | OrderStage::Done => "CLOSED",
        _ if order.held => "ON_HOLD",
        OrderStage::PartShipped => "IN_PROGRESS",
        OrderStage::Unpaid | OrderStage::Paid => "OPEN",
    };
    let rows = order.lines.iter().zip(lines).map(|(one, whole)| {
        json!({"id": gid("FulfillmentOrderLineItem", one.key), "totalQuantity": one.quantity,
            "remainingQuantity": one.quantity - one.shipped, "lineItem": whole})
    });
    json!({"id": gid("FulfillmentOrder", &order.id), "status": status, "requestStatus": "UNSUBMITTED",
        "lineItems": rows.collect::<Vec<_>>()})
}

/// `Fulfillment` of the parcel at place `nth`.
pub(super) fn parcel(order: &StoreOrder, nth: usize) -> Value {
    let Some(parcel) = order.parcels.get(nth) else { return Value::Null };
    json!({"id": gid("Fulfillment", format!("{}{:02}", order.id, nth + 1)), "status": "SUCCESS",
        "createdAt": rfc3339_utc(parcel.at),
        "trackingInfo": [{"company": parcel.carrier, "number": parcel.number, "url": null}]})
}
