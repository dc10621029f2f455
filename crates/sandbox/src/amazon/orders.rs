//! Orders in the version of 2026, lines inside.
//!
//! The platform shows a change two minutes late; here at once, so that nobody has to wait.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::{Answer, Call, Refusal, Reply, sites, store};
use crate::clock::{parse_rfc3339, rfc3339_utc};
use crate::crypto;
use crate::rest::amount::decimal;
use crate::stores::{OrderStage, StoreOrder, StoreOrderLine, StorePlatform, StoreRef};

/// Life of a token for the next page.
const TOKEN_S: i64 = 86_400;

/// What "before" must be past by.
const LAG_S: i64 = 120;

const INCLUDED: &[&str] =
    &["BUYER", "RECIPIENT", "PROCEEDS", "EXPENSE", "PROMOTION", "CANCELLATION", "FULFILLMENT", "PACKAGES"];

const PARAMETERS: &[&str] = &[
    "createdAfter",
    "createdBefore",
    "lastUpdatedAfter",
    "lastUpdatedBefore",
    "marketplaceIds",
    "fulfillmentStatuses",
    "fulfilledBy",
    "maxResultsPerPage",
    "paginationToken",
    "includedData",
];

/// Where a walk stands: everything up to this key has been shown.
struct Place {
    until: i64,
    after: (i64, u64),
    /// Of the parameters, which must stay the same.
    hash: String,
}

impl Place {
    fn token(&self, now: i64) -> String {
        STANDARD.encode(format!("{}/{}/{}/{}/{now}", self.until, self.after.0, self.after.1, self.hash))
    }

    fn read(token: &str, hash: &str, now: i64) -> Option<Place> {
        let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
        let mut parts = text.split('/');
        let mut number = || parts.next()?.parse::<i64>().ok();
        let (until, at, seq) = (number()?, number()?, number()?);
        let place = Place { until, after: (at, u64::try_from(seq).ok()?), hash: parts.next()?.to_owned() };
        let made_at: i64 = parts.next()?.parse().ok()?;
        (place.hash == hash && now - made_at < TOKEN_S).then_some(place)
    }
}

/// `searchOrders`.
pub(super) fn search(call: &Call<'_>, _: &[&str]) -> Reply {
    call.only(PARAMETERS)?;
    let stores = call.sites(50)?;
    let included = call.included(INCLUDED)?;
    let moment = |name: &str| {
        let text = call.query.text(name);
        text.map(|text| parse_rfc3339(text).ok_or_else(|| Refusal::input(format!("Invalid {name}")))).transpose()
    };
    let (created, updated) = (moment("createdAfter")?, moment("lastUpdatedAfter")?);
    let (by_creation, from) = match (created, updated) {
        (Some(from), None) => (true, from),
        (None, Some(from)) => (false, from),
        _ => return Err(Refusal::input("Exactly one of createdAfter and lastUpdatedAfter must be given.")),
    };
    let before = moment(if by_creation { "createdBefore" } else { "lastUpdatedBefore" })?;
    if call.query.has(if by_creation { "lastUpdatedBefore" } else { "createdBefore" }) {
        return Err(Refusal::input("The bounds must be of one kind."));
    }
    if before.is_some_and(|before| before > call.now - LAG_S || before < from) {
        return Err(Refusal::input("The end must be at least two minutes in the past and not before the begin."));
    }
    let size = call.query.number("maxResultsPerPage", 100, 1, 100);
    let size = usize::try_from(size.map_err(|name| Refusal::input(format!("Invalid {name}")))?).unwrap_or(100);
    let wanted = words(
        call,
        "fulfillmentStatuses",
        &["PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED", "UNFULFILLABLE"],
    )?;
    let by = words(call, "fulfilledBy", &["MERCHANT", "AMAZON"])?;
    let told: Vec<(&str, &str)> = call.query.sorted().filter(|(name, _)| *name != "paginationToken").collect();
    let hash: String = crypto::sha256_hex(&format!("{told:?}")).chars().take(16).collect();
    let place = match call.query.text("paginationToken") {
        None => Place { until: before.unwrap_or(call.now), after: (i64::MIN, 0), hash },
        Some(token) => Place::read(token, &hash, call.now).ok_or_else(|| Refusal::input("Invalid paginationToken"))?,
    };
    let world = call.state.world();
    let key = |order: &StoreOrder| (if by_creation { order.created_at } else { order.changed_at }, order.seq);
    let mut found: Vec<(&str, &StoreOrder)> = Vec::new();
    for of in &stores {
        let store = store(&world, of)?;
        let fits = |order: &&StoreOrder| {
            let (at, _) = key(order);
            (from..=place.until).contains(&at)
                && key(order) > place.after
                && (wanted.is_empty() || wanted.iter().any(|word| word == status(order)))
                && (by.is_empty() || by.iter().any(|word| word == "MERCHANT"))
        };
        found.extend(store.orders.values().filter(fits).map(|order| (store.of.site.as_str(), order)));
    }
    found.sort_by_key(|(_, order)| key(order));
    let more = found.len() > size;
    found.truncate(size);
    let mut pagination = Map::new();
    if let (true, Some((_, last))) = (more, found.last()) {
        let next = Place { after: key(last), ..place };
        pagination.insert("nextToken".to_owned(), json!(next.token(call.now)));
    }
    let until = if by_creation { "createdBefore" } else { "lastUpdatedBefore" };
    let rows: Vec<Value> = found.iter().map(|(site, order)| row(site, order, &included)).collect();
    let watermark = rfc3339_utc(before.unwrap_or(call.now));
    let answer = [("orders", json!(rows)), ("pagination", json!(pagination)), (until, json!(watermark))];
    Ok(Answer::ok(Value::Object(answer.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())))
}

fn words(call: &Call<'_>, name: &str, known: &[&str]) -> Result<Vec<String>, Refusal> {
    let given = call.query.text(name).into_iter().flat_map(|words| words.split(',')).map(str::to_owned);
    let given: Vec<String> = given.collect();
    match given.iter().find(|word| !known.contains(&word.as_str())) {
        Some(word) => Err(Refusal::input(format!("Invalid {name} {word}"))),
        None => Ok(given),
    }
}

/// The store of an order, among those of the seller in the region.
pub(super) fn store_of(call: &Call<'_>, id: &str) -> Result<StoreRef, Refusal> {
    let world = call.state.world();
    let own = world.stores.on(StorePlatform::Amazon).filter(|store| store.of.seller == call.seller);
    let mut here = own.filter(|store| sites::by_code(&store.of.site).region == call.region);
    let found = here.find(|store| store.orders.contains_key(id)).map(|store| store.of.clone());
    found.ok_or_else(|| Refusal::not_found(format!("Order {id} was not found.")))
}

/// `getOrder`.
pub(super) fn one(call: &Call<'_>, pieces: &[&str]) -> Reply {
    let id = pieces.first().copied().unwrap_or_default();
    call.only(&["includedData"])?;
    let included = call.included(INCLUDED)?;
    let of = store_of(call, id)?;
    let world = call.state.world();
    let order = store(&world, &of)?.orders.get(id);
    let order = order.ok_or_else(|| Refusal::not_found(format!("Order {id} was not found.")))?;
    Ok(Answer::ok(json!({"order": row(&of.site, order, &included)})))
}

fn status(order: &StoreOrder) -> &'static str {
    match order.stage {
        OrderStage::Unpaid => "PENDING",
        OrderStage::Paid | OrderStage::PartShipped if order.held => "UNFULFILLABLE",
        OrderStage::Paid => "UNSHIPPED",
        OrderStage::PartShipped => "PARTIALLY_SHIPPED",
        OrderStage::Shipped | OrderStage::Done => "SHIPPED",
        OrderStage::Cancelled => "CANCELLED",
    }
}

fn row(site: &str, order: &StoreOrder, included: &[String]) -> Value {
    let site = sites::by_code(site);
    let has = |part: &str| included.iter().any(|one| one == part);
    let money = |minor: i64| json!({"amount": decimal(minor, &order.currency), "currencyCode": order.currency});
    // Before it is paid an order tells neither money nor where it goes.
    let open = order.stage == OrderStage::Unpaid;
    let lines: Vec<Value> = order.lines.iter().map(|one| line(order, one, !open, has("FULFILLMENT"))).collect();
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| drop(shown.insert(name.to_owned(), value));
    put("orderId", json!(order.id));
    put("createdTime", json!(rfc3339_utc(order.created_at)));
    put("lastUpdatedTime", json!(rfc3339_utc(order.changed_at)));
    put("salesChannel", json!({"channelName": "AMAZON", "marketplaceId": site.id, "marketplaceName": site.name}));
    put("orderItems", json!(lines));
    if has("FULFILLMENT") {
        put(
            "fulfillment",
            json!({"fulfillmentStatus": status(order), "fulfilledBy": "MERCHANT", "fulfillmentServiceLevel": "STANDARD"}),
        );
    }
    if has("PROCEEDS") && !open {
        put("proceeds", json!({"grandTotal": money(order.total_minor())}));
    }
    if has("BUYER") && !open {
        put(
            "buyer",
            json!({"buyerName": order.receiver.name, "buyerEmail": format!("{}@marketplace.example.com", order.buyer)}),
        );
    }
    if has("RECIPIENT") && !open {
        let to = &order.receiver;
        put(
            "recipient",
            json!({"deliveryAddress": {"name": to.name, "addressLine1": to.street, "city": to.city,
            "stateOrRegion": to.province, "postalCode": to.postcode, "countryCode": to.country, "phone": to.phone}}),
        );
    }
    if has("PACKAGES") {
        let parcels = (1..).zip(&order.parcels).map(|(nth, parcel): (usize, _)| {
            json!({"packageReferenceId": nth.to_string(), "carrier": parcel.carrier, "trackingNumber": parcel.number,
                "shipTime": rfc3339_utc(parcel.at)})
        });
        put("packages", parcels.collect());
    }
    Value::Object(shown)
}

fn line(order: &StoreOrder, one: &StoreOrderLine, priced: bool, with_fulfilment: bool) -> Value {
    let mut product =
        json!({"asin": format!("B{:09}", one.variant % 1_000_000_000), "title": one.title, "sellerSku": one.code});
    if let (Value::Object(members), true) = (&mut product, priced) {
        let unit = json!({"amount": decimal(one.price_minor, &order.currency), "currencyCode": order.currency});
        members.insert("price".to_owned(), json!({"unitPrice": unit}));
    }
    let mut shown = json!({"orderItemId": one.key.to_string(), "quantityOrdered": one.quantity, "product": product});
    if let (Value::Object(members), true) = (&mut shown, with_fulfilment) {
        let left = one.quantity - one.shipped;
        members
            .insert("fulfillment".to_owned(), json!({"quantityFulfilled": one.shipped, "quantityUnfulfilled": left}));
    }
    shown
}
