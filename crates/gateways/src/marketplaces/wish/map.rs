//! From Wish's rows to our words.

use serde_json::json;

use super::super::amount::moment;
use super::super::loose::Loose;
use super::super::model::{OwnGoods, RemoteGoods, RemoteSku, SkippedRow};
use super::super::order::{OrderTimes, Private, Receiver, RemoteOrder, RemoteOrderLine, RemoteOrderState};
use super::keyset::Key;
use super::types::{Address, OrderRow, ProductRow, Variation};

/// Where a row stands in its list.
pub fn key(id: &Loose, updated: &Loose) -> Option<Key> {
    let at = updated.owned().and_then(|text| Some((text, moment(updated)?)));
    Some(Key { id: id.owned()?, updated: at })
}

/// One product.
pub fn goods(row: &ProductRow) -> Result<RemoteGoods, SkippedRow> {
    let skip = |reason: String| SkippedRow { external_id: row.id.owned(), reason };
    let skus: Result<Vec<RemoteSku>, SkippedRow> =
        row.variations.0.iter().map(|variation| sku(variation).map_err(skip)).collect();
    RemoteGoods::own(OwnGoods {
        external_id: row.id.owned().unwrap_or_default(),
        title: row.name.owned().unwrap_or_default(),
        pictures: row.main_image.url.owned().into_iter().collect(),
        skus: skus?,
        on_sale: row.status.text().is_none_or(is_on_sale),
        category_id: None,
        shop_id: None,
        extra: json!({"parent_sku": row.parent_sku.text()}),
    })
}

fn is_on_sale(status: &str) -> bool {
    matches!(status, "APPROVED" | "ENABLED" | "ACTIVE")
}

fn sku(row: &Variation) -> Result<RemoteSku, String> {
    let id = row.id.owned().ok_or("a variation without id")?;
    let price = row.price.money().map_err(|error| format!("price: {error}"))?.ok_or("a variation without price")?;
    let stock: Vec<i64> = row.inventories.0.iter().filter_map(|place| place.inventory.integer()).collect();
    let warehouse = row.inventories.0.first().and_then(|place| place.warehouse_id.text());
    let options = row.options.0.iter().filter_map(|choice| Some((choice.name.owned()?, choice.value.owned()?)));
    Ok(RemoteSku {
        sku_code: row.sku.owned(),
        specs: options.collect(),
        barcode: row.gtin.owned(),
        on_sale: row.status.text().is_none_or(is_on_sale),
        extra: json!({"warehouse": warehouse}),
        ..RemoteSku::of(Some(id), price, (!stock.is_empty()).then(|| stock.iter().sum()))
    })
}

/// One order, which is one line of what a buyer bought together.
pub fn order(row: &OrderRow) -> Result<RemoteOrder, SkippedRow> {
    let skip = |reason: String| SkippedRow { external_id: row.id.owned(), reason };
    let external_id = row.id.owned().ok_or_else(|| skip("no id".to_owned()))?;
    let payment = &row.order_payment.general_payment_details;
    let total = payment.payment_total.money().map_err(|error| skip(format!("payment_total: {error}")))?;
    let quantity = payment.product_quantity.integer().ok_or_else(|| skip("no product_quantity".to_owned()))?;
    let product = &row.product_information;
    let wire_state = row.state.owned().unwrap_or_default();
    let line = RemoteOrderLine {
        line_key: external_id.clone(),
        external_item_id: product.id.owned(),
        external_sku_id: product.variation_id.owned(),
        sku_code: product.sku.owned(),
        title: product.name.owned().unwrap_or_default(),
        spec: None,
        quantity,
        unit_price: payment.product_price.known(),
        paid: None,
        state: None,
    };
    Ok(RemoteOrder {
        external_id,
        origin: None,
        state: state(&wire_state),
        wire_state,
        total: total.ok_or_else(|| skip("no payment_total".to_owned()))?,
        shipping: None,
        lines: vec![line],
        receiver: row.full_address.shipping_detail.as_ref().map(receiver).unwrap_or_default(),
        buyer: None,
        buyer_note: None,
        times: OrderTimes {
            paid_at: moment(&row.released_at),
            modified_at: moment(&row.updated_at),
            ship_before: moment(&row.fulfillment_requirements.expected_ship_time),
            ..OrderTimes::default()
        },
        parcels: Vec::new(),
        extra: json!({"transaction": row.transaction_id.text()}),
    })
}

fn state(word: &str) -> RemoteOrderState {
    match word {
        "APPROVED" => RemoteOrderState::PaidUnshipped,
        "SHIPPED" => RemoteOrderState::Shipped,
        "REFUNDED" | "DECLINED" => RemoteOrderState::Cancelled,
        "REQUIRE_REVIEW" => RemoteOrderState::Held,
        _ => RemoteOrderState::Unknown,
    }
}

fn receiver(address: &Address) -> Receiver {
    let street: Vec<&str> =
        [address.street_address1.text(), address.street_address2.text()].into_iter().flatten().collect();
    Receiver {
        country: address.country_code.owned(),
        province: address.state.owned(),
        city: address.city.owned(),
        district: None,
        postcode: address.zipcode.owned(),
        name: Private::plain(address.name.text()),
        phone: Private::plain(address.phone_number.number.text()),
        address: Private::plain(Some(street.join(", ")).as_deref().filter(|street| !street.is_empty())),
    }
}
