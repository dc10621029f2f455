//! Orders and their parcels.

use serde::Deserialize;
use serde_json::{Value, json};

use super::door::cut;
use super::goods::moment;
use super::{Call, Refusal, Reply};
use crate::clock::rfc3339_utc;
use crate::rest::amount::decimal;
use crate::stores::{OrderStage, ParcelNote, ParcelRefused, RefundStage, StoreOrder, StoreOrderLine};

/// `GET /orders`.
pub(super) fn list(call: &Call<'_>, _: &str) -> Reply {
    let known = ["limit", "cursor", "updated_at_min", "updated_at_max", "created_at_min", "created_at_max"];
    if let Some(stranger) = call.query.stranger(&known) {
        return Err(Refusal::parameter(stranger));
    }
    let (from, until) = (moment(call, "updated_at_min")?, moment(call, "updated_at_max")?);
    let (since, before) = (moment(call, "created_at_min")?, moment(call, "created_at_max")?);
    let within = |at: i64, from: Option<i64>, until: Option<i64>| {
        from.is_none_or(|from| at >= from) && until.is_none_or(|until| at <= until)
    };
    let world = call.state.world();
    let store = call.store(&world)?;
    let fits = |order: &&StoreOrder| within(order.changed_at, from, until) && within(order.created_at, since, before);
    let found = store.orders.values().filter(fits).map(|order| ((order.changed_at, order.seq), order));
    let part = cut(call, found.collect())?;
    let rows: Vec<Value> = part.rows.into_iter().map(row).collect();
    Ok(json!({"orders": rows, "cursor": part.cursor, "has_more": part.has_more}))
}

/// `GET /orders/{id}`.
pub(super) fn one(call: &Call<'_>, id: &str) -> Reply {
    let world = call.state.world();
    let order = call.store(&world)?.orders.get(id).ok_or_else(|| Refusal::gone("order"))?;
    Ok(json!({"order": row(order)}))
}

fn row(order: &StoreOrder) -> Value {
    let money = |minor: i64| decimal(minor, &order.currency);
    let paid = match (order.refund, order.stage, order.paid_at) {
        (RefundStage::Refunded, ..) => "refunded",
        (RefundStage::Asked, ..) => "refunding",
        (_, OrderStage::Cancelled, _) => "cancelled",
        (.., None) => "waiting",
        (.., Some(_)) => "paid",
    };
    let sent = match order.stage {
        OrderStage::Unpaid | OrderStage::Paid | OrderStage::Cancelled => "initialled",
        OrderStage::PartShipped => "partially_shipped",
        OrderStage::Shipped => "shipped",
        OrderStage::Done => "finished",
    };
    let to = &order.receiver;
    let cancelled = order.ended_at.filter(|_| order.stage == OrderStage::Cancelled).map(rfc3339_utc);
    let address = json!({"name": to.name, "phone": to.phone, "country_code": to.country, "province": to.province,
        "city": to.city, "address": to.street, "address1": to.district, "zip": to.postcode});
    let parcels: Vec<Value> = (1..).zip(&order.parcels).map(|(nth, parcel): (usize, _)| {
        json!({"id": format!("{}-{nth}", order.id), "tracking_company": parcel.carrier, "tracking_number": parcel.number})
    }).collect();
    json!({"id": order.id, "number": format!("N{}", order.seq), "note": order.note, "financial_status": paid,
        "fulfillment_status": sent, "currency": order.currency, "total_price": money(order.total_minor()),
        "sub_total": money(order.goods_minor()), "total_shipping": money(order.postage_minor),
        "created_at": rfc3339_utc(order.created_at), "updated_at": rfc3339_utc(order.changed_at),
        "canceled_at": cancelled, "shipping_address": address, "fulfillments": parcels,
        "line_items": order.lines.iter().map(|one| line(order, one)).collect::<Vec<_>>()})
}

fn line(order: &StoreOrder, one: &StoreOrderLine) -> Value {
    json!({"id": one.key.to_string(), "product_id": one.item.to_string(), "variant_id": one.variant.to_string(),
        "sku": one.code, "product_title": one.title, "variant_title": one.spec_values(), "quantity": one.quantity,
        "price": decimal(one.price_minor, &order.currency)})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    fulfillment: Parcel,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parcel {
    tracking_company: String,
    tracking_number: String,
    #[serde(default)]
    line_items: Option<Vec<Piece>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Piece {
    id: String,
    quantity: i64,
}

/// `POST /orders/{id}/fulfillments`.
pub(super) fn fulfil(call: &Call<'_>, id: &str) -> Reply {
    let body: Body = serde_json::from_slice(call.body).map_err(|error| Refusal::parameter(&error.to_string()))?;
    let parcel = &body.fulfillment;
    if parcel.tracking_company.trim().is_empty() {
        return Err(Refusal::parameter("tracking_company"));
    }
    let mut lines = Vec::new();
    for piece in parcel.line_items.iter().flatten() {
        lines.push((piece.id.parse().map_err(|_| Refusal::parameter("line_items"))?, piece.quantity));
    }
    let lines = parcel.line_items.as_ref().map(|_| lines.as_slice());
    let note =
        ParcelNote { carrier: &parcel.tracking_company, number: &parcel.tracking_number, lines, corrects: false };
    call.state.store_ships(&call.of, id, &note).map_err(|refused| match refused {
        ParcelRefused::NoOrder => Refusal::gone("order"),
        ParcelRefused::NoNumber => Refusal::parameter("tracking_number"),
        ParcelRefused::NoSuchLine | ParcelRefused::TooMany => Refusal::parameter("line_items"),
        _ => Refusal(422, "OrderStatusInvalid", "the order cannot be fulfilled in its state".to_owned()),
    })?;
    let world = call.state.world();
    let order = call.store(&world)?.orders.get(id).ok_or_else(|| Refusal::gone("order"))?;
    Ok(json!({"fulfillment": {"id": format!("{id}-{}", order.parcels.len()), "order_id": id,
        "tracking_company": parcel.tracking_company, "tracking_number": parcel.tracking_number}}))
}
