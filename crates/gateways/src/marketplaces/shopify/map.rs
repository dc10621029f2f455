//! From Shopify's rows to our words.

use serde_json::json;

use super::super::amount::{self, moment};
use super::super::model::{OwnGoods, RemoteGoods, RemoteSku, SkippedRow};
use super::super::order::{OrderTimes, Private, Receiver, RemoteOrder, RemoteOrderLine, RemoteOrderState};
use super::types::{Address, LineRow, MoneySet, Named, OrderRow, ProductRow, ProductsData, VariantRow};

/// The one option of a product without variants.
const NO_OPTION: &str = "Default Title";

/// One product; prices are in the store's currency, which the same answer names.
pub fn goods(row: &ProductRow, found: &ProductsData) -> Result<RemoteGoods, SkippedRow> {
    let skip = |reason: String| SkippedRow { external_id: row.id.owned(), reason };
    if row.variants.page_info.has_next_page.is_true() {
        return Err(skip("more variants than one question gives".to_owned()));
    }
    let skus: Result<Vec<RemoteSku>, SkippedRow> =
        row.variants.nodes.0.iter().map(|variant| sku(variant, found).map_err(skip)).collect();
    let image = row.featured_media.as_ref().and_then(|media| media.preview.as_ref()?.image.as_ref());
    RemoteGoods::own(OwnGoods {
        external_id: row.id.owned().unwrap_or_default(),
        title: row.title.owned().unwrap_or_default(),
        pictures: image.and_then(|image| image.url.owned()).into_iter().collect(),
        skus: skus?,
        on_sale: row.status.text() == Some("ACTIVE"),
        category_id: None,
        shop_id: None,
        extra: json!({"updated_at": moment(&row.updated_at)}),
    })
}

fn sku(row: &VariantRow, found: &ProductsData) -> Result<RemoteSku, String> {
    let id = row.id.owned().ok_or("a variant without id")?;
    let price = row.price.text().ok_or("a variant without price")?;
    let price = amount::money(price, &found.shop.currency_code).map_err(|error| format!("price: {error}"))?;
    let quantity = row.inventory_quantity.integer().filter(|_| row.inventory_item.tracked.text() != Some("false"));
    // Where the item lies; a store that does not tell has its first place.
    let level = row.inventory_item.inventory_levels.nodes.0.first();
    let first = found.location.as_ref().and_then(|place| place.id.text());
    let options = row.selected_options.0.iter().filter(|option| option.value.text() != Some(NO_OPTION));
    Ok(RemoteSku {
        sku_code: row.sku.owned(),
        specs: options.filter_map(|option| Some((option.name.owned()?, option.value.owned()?))).collect(),
        barcode: row.barcode.owned(),
        // Stock is addressed, and told of, by neither product nor variant.
        extra: json!({
            "stock_id": row.inventory_item.id.text(),
            "location": level.and_then(|level| level.location.id.text()).or(first),
        }),
        ..RemoteSku::of(Some(id), price, quantity)
    })
}

/// One order, in the store's currency.
pub fn order(row: &OrderRow) -> Result<RemoteOrder, SkippedRow> {
    let skip = |reason: String| SkippedRow { external_id: row.id.owned(), reason };
    let external_id = row.id.owned().ok_or_else(|| skip("no id".to_owned()))?;
    let amount = |set: &MoneySet| set.shop_money.money().map_err(|error| skip(format!("total: {error}")));
    // After edits and refunds, where that is told.
    let total = match amount(&row.current_total_price_set)? {
        Some(total) => Some(total),
        None => amount(&row.total_price_set)?,
    };
    let lines: Option<Vec<RemoteOrderLine>> = row.line_items.nodes.0.iter().map(line).collect();
    let lines = lines.filter(|lines| !lines.is_empty()).ok_or_else(|| skip("lines that cannot be read".to_owned()))?;
    if row.line_items.page_info.has_next_page.is_true() {
        return Err(skip("more lines than one question gives".to_owned()));
    }
    let (paid, sent) =
        (row.display_financial_status.text().unwrap_or(""), row.display_fulfillment_status.text().unwrap_or(""));
    let cancelled_at = moment(&row.cancelled_at);
    Ok(RemoteOrder {
        external_id,
        origin: None,
        state: if row.cancelled_at.text().is_some() { RemoteOrderState::Cancelled } else { state(paid, sent) },
        wire_state: format!("{paid}/{sent}"),
        total: total.ok_or_else(|| skip("no total".to_owned()))?,
        shipping: row.total_shipping_price_set.shop_money.known(),
        lines,
        receiver: row.shipping_address.as_ref().map(receiver).unwrap_or_default(),
        buyer: None,
        buyer_note: row.note.owned(),
        times: OrderTimes {
            created_at: moment(&row.created_at),
            ended_at: cancelled_at,
            modified_at: moment(&row.updated_at),
            ..OrderTimes::default()
        },
        parcels: Vec::new(),
        extra: json!({"number": row.name.text()}),
    })
}

fn line(row: &LineRow) -> Option<RemoteOrderLine> {
    let id = |named: &Option<Named>| named.as_ref().and_then(|named| named.id.owned());
    Some(RemoteOrderLine {
        line_key: row.id.owned()?,
        external_item_id: id(&row.product),
        // Absent once the variant has been deleted.
        external_sku_id: id(&row.variant),
        sku_code: row.sku.owned(),
        title: row.title.owned().unwrap_or_default(),
        spec: row.variant_title.owned(),
        // After refunds and edits: what is to be sent.
        quantity: row.current_quantity.integer().or_else(|| row.quantity.integer())?,
        unit_price: row.original_unit_price_set.shop_money.known(),
        paid: row.discounted_total_set.shop_money.known(),
        state: None,
    })
}

fn state(paid: &str, sent: &str) -> RemoteOrderState {
    match (paid, sent) {
        ("PENDING" | "AUTHORIZED" | "PARTIALLY_PAID" | "EXPIRED", _) => RemoteOrderState::Unpaid,
        ("REFUNDED" | "VOIDED", _) => RemoteOrderState::Cancelled,
        ("PAID" | "PARTIALLY_REFUNDED", sent) => match sent {
            "UNFULFILLED" | "OPEN" | "IN_PROGRESS" | "PENDING_FULFILLMENT" | "REQUEST_DECLINED" => {
                RemoteOrderState::PaidUnshipped
            }
            "PARTIALLY_FULFILLED" => RemoteOrderState::PartShipped,
            "FULFILLED" => RemoteOrderState::Shipped,
            "ON_HOLD" | "SCHEDULED" => RemoteOrderState::Held,
            "RESTOCKED" => RemoteOrderState::Cancelled,
            _ => RemoteOrderState::Unknown,
        },
        _ => RemoteOrderState::Unknown,
    }
}

fn receiver(address: &Address) -> Receiver {
    let street: Vec<&str> = [address.address1.text(), address.address2.text()].into_iter().flatten().collect();
    Receiver {
        country: address.country_code.owned(),
        province: address.province.owned(),
        city: address.city.owned(),
        district: None,
        postcode: address.zip.owned(),
        name: Private::plain(address.name.text()),
        phone: Private::plain(address.phone.text()),
        address: Private::plain(Some(street.join(", ")).as_deref().filter(|street| !street.is_empty())),
    }
}
