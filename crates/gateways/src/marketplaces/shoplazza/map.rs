//! From Shoplazza's rows to our words.

use serde_json::json;

use super::super::amount::{self, moment};
use super::super::loose::Loose;
use super::super::model::{OwnGoods, RemoteGoods, RemoteSku, SkippedRow};
use super::super::money::{Currency, Money};
use super::super::order::{OrderTimes, Private, Receiver, RemoteOrder, RemoteOrderLine, RemoteOrderState};
use super::types::{Address, LineRow, OrderRow, ProductRow};

/// One product, in the currency that the account names.
pub fn goods(row: &ProductRow, currency: Currency) -> Result<RemoteGoods, SkippedRow> {
    let skip = |reason: String| SkippedRow { external_id: row.id.owned(), reason };
    let names: Vec<String> = row.options.0.iter().map(|option| option.name.owned().unwrap_or_default()).collect();
    let skus: Result<Vec<RemoteSku>, SkippedRow> = row
        .variants
        .0
        .iter()
        .map(|variant| {
            let id = variant.id.owned().ok_or_else(|| skip("a variant without id".to_owned()))?;
            let price = Money::from_major(variant.price.text().unwrap_or_default(), currency);
            let price = price.map_err(|error| skip(format!("price: {error}")))?;
            let values = [&variant.option1, &variant.option2, &variant.option3];
            let specs = names.iter().zip(values).filter_map(|(name, value)| Some((name.clone(), value.owned()?)));
            Ok(RemoteSku {
                sku_code: variant.sku.owned(),
                barcode: variant.barcode.owned(),
                specs: specs.collect(),
                ..RemoteSku::of(Some(id), price, variant.inventory_quantity.integer())
            })
        })
        .collect();
    RemoteGoods::own(OwnGoods {
        external_id: row.id.owned().unwrap_or_default(),
        title: row.title.owned().unwrap_or_default(),
        pictures: row.images.0.iter().filter_map(|image| image.src.owned()).map(with_scheme).collect(),
        skus: skus?,
        on_sale: row.published.text() != Some("false"),
        category_id: None,
        shop_id: None,
        extra: json!({}),
    })
}

fn with_scheme(address: String) -> String {
    if address.starts_with("//") { format!("https:{address}") } else { address }
}

/// One order.
pub fn order(row: &OrderRow) -> Result<RemoteOrder, SkippedRow> {
    let skip = |reason: String| SkippedRow { external_id: row.id.owned(), reason };
    let external_id = row.id.owned().ok_or_else(|| skip("no id".to_owned()))?;
    let total = amount::money(row.total_price.text().unwrap_or_default(), &row.currency);
    let lines: Option<Vec<RemoteOrderLine>> = row.line_items.0.iter().map(|one| line(one, &row.currency)).collect();
    let lines = lines.filter(|lines| !lines.is_empty()).ok_or_else(|| skip("lines that cannot be read".to_owned()))?;
    let (paid, sent) = (row.financial_status.text().unwrap_or(""), row.fulfillment_status.text().unwrap_or(""));
    Ok(RemoteOrder {
        external_id,
        origin: None,
        state: if row.canceled_at.text().is_some() { RemoteOrderState::Cancelled } else { state(paid, sent) },
        wire_state: format!("{paid}/{sent}"),
        total: total.map_err(|error| skip(format!("total_price: {error}")))?,
        shipping: row.total_shipping.text().and_then(|text| amount::money(text, &row.currency).ok()),
        lines,
        receiver: row.shipping_address.as_ref().map(receiver).unwrap_or_default(),
        buyer: None,
        buyer_note: row.note.owned(),
        times: OrderTimes {
            created_at: moment(&row.created_at),
            ended_at: moment(&row.canceled_at),
            modified_at: moment(&row.updated_at),
            ..OrderTimes::default()
        },
        parcels: Vec::new(),
        extra: json!({"number": row.number.text()}),
    })
}

fn line(row: &LineRow, currency: &Loose) -> Option<RemoteOrderLine> {
    Some(RemoteOrderLine {
        line_key: row.id.owned()?,
        external_item_id: row.product_id.owned(),
        external_sku_id: row.variant_id.owned(),
        sku_code: row.sku.owned(),
        title: row.product_title.owned().unwrap_or_default(),
        spec: row.variant_title.owned(),
        quantity: row.quantity.integer()?,
        unit_price: row.price.text().and_then(|text| amount::money(text, currency).ok()),
        paid: None,
        state: None,
    })
}

fn state(paid: &str, sent: &str) -> RemoteOrderState {
    match (paid, sent) {
        ("waiting" | "pending" | "unpaid" | "paying", _) => RemoteOrderState::Unpaid,
        ("refunded" | "cancelled" | "failed", _) => RemoteOrderState::Cancelled,
        ("refunding", _) => RemoteOrderState::Refunding,
        ("paid" | "partially_refunded", "initialled" | "waiting" | "unfulfilled" | "") => {
            RemoteOrderState::PaidUnshipped
        }
        ("paid" | "partially_refunded", "partially_shipped" | "partially_finished") => RemoteOrderState::PartShipped,
        ("paid" | "partially_refunded", "shipped" | "fulfilled") => RemoteOrderState::Shipped,
        ("paid" | "partially_refunded", "finished") => RemoteOrderState::Done,
        _ => RemoteOrderState::Unknown,
    }
}

fn receiver(address: &Address) -> Receiver {
    Receiver {
        country: address.country_code.owned(),
        province: address.province.owned(),
        city: address.city.owned(),
        district: None,
        postcode: address.zip.owned(),
        name: Private::plain(address.name.text()),
        phone: Private::plain(address.phone.text()),
        address: Private::plain(address.address.text().or(address.address1.text())),
    }
}
