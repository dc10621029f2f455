//! From eBay's rows to our words.

use serde_json::{Value, json};

use super::super::amount::{each, moment};
use super::super::model::{OwnGoods, RemoteGoods, RemoteSku, SkippedRow};
use super::super::order::{OrderTimes, Private, Receiver, RemoteOrder, RemoteOrderLine, RemoteOrderState};
use super::types::{Half, InventoryRow, LineRow, OfferRow, OrderRow, ShipTo};

/// An inventory item; its price comes with its offers.
pub fn half(row: &InventoryRow) -> Result<Half, SkippedRow> {
    let skip = |reason: &str| SkippedRow { external_id: row.sku.owned(), reason: reason.to_owned() };
    let aspects = row.product.aspects.as_object().into_iter().flatten();
    let specs = aspects.filter_map(|(name, values)| {
        let values: Vec<&str> = values.as_array()?.iter().filter_map(Value::as_str).collect();
        (values.len() == 1).then(|| (name.clone(), values.concat()))
    });
    let codes = row.product.ean.0.iter().chain(&row.product.upc.0);
    Ok(Half {
        sku: row.sku.owned().ok_or_else(|| skip("no sku"))?,
        title: row.product.title.owned().ok_or_else(|| skip("no title"))?,
        pictures: row.product.image_urls.0.iter().filter_map(|address| address.owned()).collect(),
        specs: specs.collect(),
        barcode: codes.filter_map(|code| code.owned()).find(|code| code.bytes().all(|byte| byte.is_ascii_digit())),
        quantity: row.availability.ship_to_location_availability.quantity.integer(),
    })
}

/// One item with the offer of the account's site.
pub fn goods(item: Half, offers: &[OfferRow], site: Option<&str>) -> Result<RemoteGoods, SkippedRow> {
    let skip = |reason: String| SkippedRow { external_id: Some(item.sku.clone()), reason };
    let here = |offer: &&OfferRow| site.is_none() || offer.marketplace_id.text() == site;
    let offer = offers.iter().find(here).ok_or_else(|| skip("no offer on this site".to_owned()))?;
    let price = offer.pricing_summary.price.money().map_err(|error| skip(format!("price: {error}")))?;
    let price = price.ok_or_else(|| skip("an offer without price".to_owned()))?;
    let sku = RemoteSku {
        sku_code: Some(item.sku.clone()),
        specs: item.specs.clone(),
        barcode: item.barcode.clone(),
        // Buyers see the smaller of the item's and the offer's number, so both are told.
        extra: json!({"offer": offer.offer_id.text()}),
        ..RemoteSku::of(Some(item.sku.clone()), price, item.quantity)
    };
    RemoteGoods::own(OwnGoods {
        external_id: item.sku.clone(),
        title: item.title.clone(),
        pictures: item.pictures.clone(),
        skus: vec![sku],
        on_sale: offer.status.text() == Some("PUBLISHED"),
        category_id: offer.category_id.owned(),
        shop_id: None,
        extra: json!({"listing": offer.listing.listing_id.text()}),
    })
}

/// One order.
pub fn order(row: &OrderRow) -> Result<RemoteOrder, SkippedRow> {
    let skip = |reason: String| SkippedRow { external_id: row.order_id.owned(), reason };
    let external_id = row.order_id.owned().ok_or_else(|| skip("no orderId".to_owned()))?;
    let total = row.pricing_summary.total.money().map_err(|error| skip(format!("total: {error}")))?;
    let lines: Option<Vec<RemoteOrderLine>> = row.line_items.0.iter().map(line).collect();
    let lines = lines.filter(|lines| !lines.is_empty()).ok_or_else(|| skip("lines that cannot be read".to_owned()))?;
    let word = |field: &super::super::loose::Loose| field.owned().unwrap_or_default();
    let (paid, sent, cancel) =
        (word(&row.order_payment_status), word(&row.order_fulfillment_status), word(&row.cancel_status.cancel_state));
    Ok(RemoteOrder {
        external_id,
        origin: None,
        state: state(&paid, &sent, &cancel),
        wire_state: format!("{paid}/{sent}/{cancel}"),
        total: total.ok_or_else(|| skip("no total".to_owned()))?,
        shipping: row.pricing_summary.delivery_cost.known(),
        lines,
        receiver: row
            .fulfillment_start_instructions
            .0
            .first()
            .map(|instruction| receiver(&instruction.shipping_step.ship_to))
            .unwrap_or_default(),
        buyer: row.buyer.username.owned(),
        buyer_note: row.buyer_checkout_notes.owned(),
        times: OrderTimes {
            created_at: moment(&row.creation_date),
            modified_at: moment(&row.last_modified_date),
            ..OrderTimes::default()
        },
        parcels: Vec::new(),
        extra: json!({}),
    })
}

fn line(row: &LineRow) -> Option<RemoteOrderLine> {
    let quantity = row.quantity.integer()?;
    // The cost of the whole line, not of a piece.
    let cost = row.line_item_cost.known();
    let sent = row.line_item_fulfillment_status.text();
    Some(RemoteOrderLine {
        line_key: row.line_item_id.owned()?,
        external_item_id: row.legacy_item_id.id(),
        external_sku_id: row.legacy_variation_id.id(),
        sku_code: row.sku.owned(),
        title: row.title.owned().unwrap_or_default(),
        spec: None,
        quantity,
        unit_price: cost.and_then(|cost| each(cost, quantity)),
        paid: cost,
        state: sent.map(|sent| state("PAID", sent, "")),
    })
}

fn state(paid: &str, sent: &str, cancel: &str) -> RemoteOrderState {
    match (cancel, paid, sent) {
        ("CANCELED", ..) | (_, "FULLY_REFUNDED", _) => RemoteOrderState::Cancelled,
        ("IN_PROGRESS" | "CANCEL_REQUESTED", ..) => RemoteOrderState::Refunding,
        (_, "PENDING" | "FAILED", _) => RemoteOrderState::Unpaid,
        (_, "PAID" | "PARTIALLY_REFUNDED", "NOT_STARTED") => RemoteOrderState::PaidUnshipped,
        (_, "PAID" | "PARTIALLY_REFUNDED", "IN_PROGRESS") => RemoteOrderState::PartShipped,
        (_, "PAID" | "PARTIALLY_REFUNDED", "FULFILLED") => RemoteOrderState::Shipped,
        _ => RemoteOrderState::Unknown,
    }
}

fn receiver(to: &ShipTo) -> Receiver {
    let address = &to.contact_address;
    let street: Vec<&str> =
        [address.address_line1.text(), address.address_line2.text()].into_iter().flatten().collect();
    Receiver {
        country: address.country_code.owned(),
        province: address.state_or_province.owned(),
        city: address.city.owned(),
        district: None,
        postcode: address.postal_code.owned(),
        name: Private::plain(to.full_name.text()),
        phone: Private::plain(to.primary_phone.phone_number.text()),
        address: Private::plain(Some(street.join(", ")).as_deref().filter(|street| !street.is_empty())),
    }
}
