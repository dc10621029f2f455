//! From Amazon's rows to our words.

use serde_json::json;

use super::super::amount::moment;
use super::super::model::{OwnGoods, RemoteGoods, RemoteSku, SkippedRow};
use super::super::order::{OrderTimes, Private, Receiver, RemoteOrder, RemoteOrderLine, RemoteOrderState};
use super::types::{Address, FormerOrderRow, LineRow, ListingRow, OrderRow};

/// Channels that begin so are Amazon's own warehouses: it counts there.
pub const AMAZONS_OWN: &str = "AMAZON";

/// One listing on one site.
pub fn goods(row: &ListingRow, site: &str) -> Result<RemoteGoods, SkippedRow> {
    let skip = |reason: String| SkippedRow { external_id: row.sku.owned(), reason };
    let here = |id: &super::super::loose::Loose| id.text().is_none_or(|id| id == site);
    let summary = row.summaries.0.iter().find(|summary| here(&summary.marketplace_id));
    let summary = summary.ok_or_else(|| skip("no summary for this site".to_owned()))?;
    let offer = row.offers.0.iter().find(|offer| here(&offer.marketplace_id));
    let price = offer.map(|offer| offer.price.money()).transpose().map_err(|error| skip(format!("price: {error}")))?;
    let price = price.flatten().ok_or_else(|| skip("no offer with a price".to_owned()))?;
    let stock = row.fulfillment_availability.0.first();
    let channel = stock.and_then(|stock| stock.fulfillment_channel_code.text());
    let sku = RemoteSku {
        sku_code: row.sku.owned(),
        extra: json!({"product_type": summary.product_type.text(), "channel": channel}),
        ..RemoteSku::of(row.sku.owned(), price, stock.and_then(|stock| stock.quantity.integer()))
    };
    RemoteGoods::own(OwnGoods {
        external_id: row.sku.owned().unwrap_or_default(),
        title: summary.item_name.owned().unwrap_or_default(),
        pictures: summary.main_image.link.owned().into_iter().collect(),
        skus: vec![sku],
        on_sale: summary.status.0.iter().any(|status| status.text() == Some("BUYABLE")),
        category_id: summary.product_type.owned(),
        shop_id: None,
        extra: json!({"asin": summary.asin.text()}),
    })
}

/// One order.
pub fn order(row: &OrderRow) -> Result<RemoteOrder, SkippedRow> {
    let skip = |reason: String| SkippedRow { external_id: row.order_id.owned(), reason };
    let external_id = row.order_id.owned().ok_or_else(|| skip("no orderId".to_owned()))?;
    let wire_state = row.fulfillment.fulfillment_status.owned().unwrap_or_default();
    let by = row.fulfillment.fulfilled_by.text().unwrap_or_default();
    let total = row.proceeds.grand_total.money().map_err(|error| skip(format!("grandTotal: {error}")))?;
    let lines: Option<Vec<RemoteOrderLine>> = row.order_items.0.iter().map(line).collect();
    let lines = lines.filter(|lines| !lines.is_empty()).ok_or_else(|| skip("lines that cannot be read".to_owned()))?;
    Ok(RemoteOrder {
        external_id,
        origin: row.sales_channel.marketplace_name.owned(),
        state: state(&wire_state, by),
        wire_state: format!("{wire_state}/{by}"),
        // A pending order has no price yet; it comes again with one.
        total: total.ok_or_else(|| skip("no total yet".to_owned()))?,
        shipping: None,
        lines,
        receiver: row.recipient.delivery_address.as_ref().map(receiver).unwrap_or_default(),
        buyer: None,
        buyer_note: None,
        times: OrderTimes {
            created_at: moment(&row.created_time),
            modified_at: moment(&row.last_updated_time),
            ..OrderTimes::default()
        },
        parcels: Vec::new(),
        extra: json!({"marketplace": row.sales_channel.marketplace_id.text()}),
    })
}

/// An order in the former shape: it has no lines, so it is never to be shipped.
pub fn former(row: &FormerOrderRow) -> Result<RemoteOrder, SkippedRow> {
    let skip = |reason: String| SkippedRow { external_id: row.amazon_order_id.owned(), reason };
    let total = row.order_total.money().map_err(|error| skip(format!("OrderTotal: {error}")))?;
    Ok(RemoteOrder {
        external_id: row.amazon_order_id.owned().ok_or_else(|| skip("no AmazonOrderId".to_owned()))?,
        origin: None,
        state: RemoteOrderState::Unknown,
        wire_state: String::new(),
        total: total.ok_or_else(|| skip("no OrderTotal".to_owned()))?,
        shipping: None,
        lines: Vec::new(),
        receiver: Receiver::default(),
        buyer: None,
        buyer_note: None,
        times: OrderTimes {
            created_at: moment(&row.purchase_date),
            modified_at: moment(&row.last_update_date),
            ..OrderTimes::default()
        },
        parcels: Vec::new(),
        extra: json!({}),
    })
}

fn line(row: &LineRow) -> Option<RemoteOrderLine> {
    Some(RemoteOrderLine {
        line_key: row.order_item_id.owned()?,
        external_item_id: row.product.seller_sku.owned(),
        external_sku_id: row.product.seller_sku.owned(),
        sku_code: row.product.seller_sku.owned(),
        title: row.product.title.owned().unwrap_or_default(),
        spec: None,
        quantity: row.quantity_ordered.integer()?,
        unit_price: row.product.price.unit_price.known(),
        paid: None,
        state: None,
    })
}

fn state(word: &str, by: &str) -> RemoteOrderState {
    match word {
        "PENDING" | "PENDING_AVAILABILITY" => RemoteOrderState::Unpaid,
        "UNSHIPPED" | "PARTIALLY_SHIPPED" if by.starts_with(AMAZONS_OWN) => RemoteOrderState::Held,
        "UNSHIPPED" => RemoteOrderState::PaidUnshipped,
        "PARTIALLY_SHIPPED" => RemoteOrderState::PartShipped,
        "SHIPPED" | "INVOICE_UNCONFIRMED" => RemoteOrderState::Shipped,
        "CANCELLED" | "CANCELED" => RemoteOrderState::Cancelled,
        "UNFULFILLABLE" => RemoteOrderState::Held,
        _ => RemoteOrderState::Unknown,
    }
}

fn receiver(address: &Address) -> Receiver {
    let street: Vec<&str> =
        [address.address_line1.text(), address.address_line2.text()].into_iter().flatten().collect();
    Receiver {
        country: address.country_code.owned(),
        province: address.state_or_region.owned(),
        city: address.city.owned(),
        district: None,
        postcode: address.postal_code.owned(),
        name: Private::plain(address.name.text()),
        phone: Private::plain(address.phone.text()),
        address: Private::plain(Some(street.join(", ")).as_deref().filter(|street| !street.is_empty())),
    }
}
