//! Orders of an account on all its sites; those not paid yet are not there.

use serde_json::{Value, json};

use super::{Answer, Call, Refusal, Reply};
use crate::clock::{parse_rfc3339, rfc3339_utc_millis};
use crate::rest::amount::decimal;
use crate::stores::{OrderStage, RefundStage, StoreOrder, StoreOrderLine};
use crate::world::World;

const PATH: &str = "/sell/fulfillment/v1/order";

/// Without a filter orders of this long are shown.
const REACH_S: i64 = 90 * 86_400;

fn bad(words: impl Into<String>) -> Refusal {
    Refusal::new(400, 30_800, "API_FULFILLMENT", words)
}

pub(super) fn unknown() -> Refusal {
    Refusal::new(404, 32_100, "API_FULFILLMENT", "Invalid order ID.")
}

/// Orders that are there for the platform, with the site of each.
fn all<'w>(call: &Call<'_>, world: &'w World) -> Vec<(&'w str, &'w StoreOrder)> {
    let of = |site: &'w str| move |order: &'w StoreOrder| (site, order);
    let stores = call.stores(world);
    let all = stores.into_iter().flat_map(|store| store.orders.values().map(of(&store.of.site)));
    all.filter(|(_, order)| order.paid_at.is_some()).collect()
}

#[derive(Default)]
struct Filter {
    modified: Option<(i64, Option<i64>)>,
    created: Option<(i64, Option<i64>)>,
    statuses: Vec<String>,
}

/// Reads `lastmodifieddate:[a..b],orderfulfillmentstatus:{NOT_STARTED|IN_PROGRESS}`.
fn filter(text: &str) -> Result<Filter, Refusal> {
    let mut filter = Filter::default();
    for part in text.split(',') {
        let (name, value) = part.split_once(':').ok_or_else(|| bad("The filter cannot be read."))?;
        let inside = |open: char, close: char| value.strip_prefix(open).and_then(|value| value.strip_suffix(close));
        match name {
            "lastmodifieddate" | "creationdate" => {
                let span = inside('[', ']').and_then(|span| span.split_once(".."));
                let (from, until) =
                    span.ok_or_else(|| bad(format!("Invalid {name}: a span in brackets is expected.")))?;
                let moment = |text: &str| {
                    let is_exact = text.ends_with('Z') && text.contains('.');
                    parse_rfc3339(text).filter(|_| is_exact).ok_or_else(|| bad(format!("Invalid {name}: {text}")))
                };
                let span = (moment(from)?, if until.is_empty() { None } else { Some(moment(until)?) });
                if span.1.is_some_and(|until| until < span.0) {
                    return Err(bad(format!("Invalid {name}: it ends before it begins.")));
                }
                let place = if name == "creationdate" { &mut filter.created } else { &mut filter.modified };
                *place = Some(span);
            }
            "orderfulfillmentstatus" => {
                let words = inside('{', '}').ok_or_else(|| bad("Invalid orderfulfillmentstatus."))?;
                filter.statuses = words.split('|').map(str::to_owned).collect();
                if filter
                    .statuses
                    .iter()
                    .any(|word| !["NOT_STARTED", "IN_PROGRESS", "FULFILLED"].contains(&word.as_str()))
                {
                    return Err(bad("Invalid orderfulfillmentstatus."));
                }
            }
            other => return Err(bad(format!("Unknown filter {other}."))),
        }
    }
    Ok(filter)
}

/// `GET /order`.
pub(super) fn list(call: &Call<'_>, _: &str) -> Reply {
    if let Some(name) = call.query.stranger(&["filter", "limit", "offset", "orderIds", "fieldGroups"]) {
        return Err(bad(format!("Unknown parameter {name}.")));
    }
    let number = |name: &str, preset, least, most| {
        let number = call.query.number(name, preset, least, most).map_err(|name| bad(format!("Invalid {name}.")))?;
        Ok(usize::try_from(number).unwrap_or(0))
    };
    let (limit, offset) = (number("limit", 50, 1, 200)?, number("offset", 0, 0, 1_000_000)?);
    if !offset.is_multiple_of(limit) {
        return Err(bad("Invalid offset: it must be a multiple of limit."));
    }
    let filter = call.query.text("filter").map(filter).transpose()?.unwrap_or_default();
    let ids: Option<Vec<&str>> = call.query.text("orderIds").map(|ids| ids.split(',').collect());
    let oldest = call.state.clock().wall() - REACH_S;
    let within = |at: i64, span: Option<(i64, Option<i64>)>| {
        span.is_none_or(|(from, until)| at >= from && until.is_none_or(|until| at <= until))
    };
    let fits = |(_, order): &(&str, &StoreOrder)| {
        if let Some(ids) = &ids {
            return ids.contains(&order.id.as_str());
        }
        within(order.changed_at, filter.modified)
            && within(order.created_at, filter.created)
            && (filter.modified.is_some() || filter.created.is_some() || order.created_at >= oldest)
            && (filter.statuses.is_empty() || filter.statuses.iter().any(|word| word == sent(order)))
    };
    let world = call.state.world();
    let mut found: Vec<(&str, &StoreOrder)> = all(call, &world).into_iter().filter(fits).collect();
    found.sort_by_key(|(_, order)| (order.changed_at, order.seq));
    let total = found.len();
    let rows: Vec<Value> = found.iter().skip(offset).take(limit).map(|(site, order)| row(site, order)).collect();
    let link = |offset: usize| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(call.query.text("filter").map(|filter| ("filter", filter)));
        query.append_pair("limit", &limit.to_string()).append_pair("offset", &offset.to_string());
        format!("https://api.ebay.com{PATH}?{}", query.finish())
    };
    let mut answer = json!({"href": link(offset), "total": total, "limit": limit, "offset": offset, "orders": rows});
    if let (Value::Object(members), true) = (&mut answer, offset + limit < total) {
        members.insert("next".to_owned(), json!(link(offset + limit)));
    }
    Ok(Answer::ok(answer))
}

/// `GET /order/{id}`.
pub(super) fn one(call: &Call<'_>, id: &str) -> Reply {
    let world = call.state.world();
    let found = all(call, &world).into_iter().find(|(_, order)| order.id == id);
    let (site, order) = found.ok_or_else(unknown)?;
    Ok(Answer::ok(row(site, order)))
}

fn sent(order: &StoreOrder) -> &'static str {
    match order.stage {
        OrderStage::Unpaid | OrderStage::Paid | OrderStage::Cancelled => "NOT_STARTED",
        OrderStage::PartShipped => "IN_PROGRESS",
        OrderStage::Shipped | OrderStage::Done => "FULFILLED",
    }
}

fn row(site: &str, order: &StoreOrder) -> Value {
    let money = |minor: i64| json!({"value": decimal(minor, &order.currency), "currency": order.currency});
    let paid = match (order.refund, order.held) {
        (RefundStage::Refunded, _) => "FULLY_REFUNDED",
        (_, true) => "PENDING",
        _ => "PAID",
    };
    let cancel = match (order.stage, order.refund) {
        (OrderStage::Cancelled, _) => "CANCELED",
        (_, RefundStage::Asked) => "IN_PROGRESS",
        _ => "NONE_REQUESTED",
    };
    let to = &order.receiver;
    let address = json!({"addressLine1": to.street, "city": to.city, "stateOrProvince": to.province,
        "postalCode": to.postcode, "countryCode": to.country});
    let lines: Vec<Value> = order.lines.iter().map(|one| line(site, order, one)).collect();
    let mut shown = json!({"orderId": order.id, "legacyOrderId": order.id, "creationDate": rfc3339_utc_millis(order.created_at),
        "lastModifiedDate": rfc3339_utc_millis(order.changed_at), "orderFulfillmentStatus": sent(order),
        "orderPaymentStatus": paid, "sellerId": "seller", "buyer": {"username": order.buyer,
            "taxAddress": {"countryCode": to.country}},
        "cancelStatus": {"cancelState": cancel, "cancelRequests": []},
        "pricingSummary": {"priceSubtotal": money(order.goods_minor()), "deliveryCost": money(order.postage_minor),
            "total": money(order.total_minor())},
        "fulfillmentStartInstructions": [{"fulfillmentInstructionsType": "SHIP_TO", "shippingStep": {"shipTo": {
            "fullName": to.name, "contactAddress": address, "primaryPhone": {"phoneNumber": to.phone}}}}],
        "lineItems": lines});
    if let (Value::Object(members), false) = (&mut shown, order.note.is_empty()) {
        members.insert("buyerCheckoutNotes".to_owned(), json!(order.note));
    }
    shown
}

fn line(site: &str, order: &StoreOrder, one: &StoreOrderLine) -> Value {
    let status = match one.shipped {
        0 => "NOT_STARTED",
        some if some < one.quantity => "IN_PROGRESS",
        _ => "FULFILLED",
    };
    json!({"lineItemId": one.key.to_string(), "legacyItemId": one.item.to_string(),
        "legacyVariationId": one.variant.to_string(), "sku": one.code, "title": one.title, "quantity": one.quantity,
        "lineItemCost": {"value": decimal(one.minor(), &order.currency), "currency": order.currency},
        "lineItemFulfillmentStatus": status, "listingMarketplaceId": site, "purchaseMarketplaceId": site})
}
