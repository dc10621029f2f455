//! From the gateway's rows to our words. Amounts are taken to be US dollars, times to be Beijing's:
//! neither is confirmed.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::super::model::{OwnGoods, RemoteGoods, RemoteSku, SkippedRow};
use super::super::money::{Currency, Money, MoneyError};
use super::super::order::{OrderTimes, Private, Receiver, RemoteOrder, RemoteOrderLine, RemoteOrderState};
use super::super::times;
use super::types::{Contact, ItemHalf, ItemRow, Line, OrderRow, ProductRow, Row, SkuRow};

const CURRENCY: &str = "USD";

fn money(text: &str) -> Result<Money, MoneyError> {
    Money::from_major(text, Currency::parse(CURRENCY)?)
}

/// A row as a cursor keeps it.
pub fn row(row: &OrderRow) -> Result<Row, SkippedRow> {
    let skip = |reason: &str| SkippedRow { external_id: row.order_no.owned(), reason: reason.to_owned() };
    Ok(Row {
        order_no: row.order_no.id().ok_or_else(|| skip("no orderNo"))?,
        status: row.order_status.owned().unwrap_or_default(),
        total: row.order_total_price.owned().ok_or_else(|| skip("no orderTotalPrice"))?,
        started: row.started_date.owned(),
        paid: row.pay_date.owned(),
        updated: row.update_date.owned(),
        deadline: row.delivery_deadline.owned(),
        country: row.country.owned(),
    })
}

/// A line as a cursor keeps it.
pub fn line(row: &ProductRow) -> Option<Line> {
    Some(Line {
        item: row.itemcode.id()?,
        name: row.item_name.owned().unwrap_or_default(),
        count: row.item_count.integer()?,
        price: row.item_price.owned(),
        code: row.sku_code.owned(),
        spec: row.item_attr.owned(),
    })
}

/// One order of its row, its lines and, where it was asked for, its contact.
pub fn order(row: &Row, lines: &[Line], contact: Option<&Contact>) -> Result<RemoteOrder, SkippedRow> {
    let skip = |reason: String| SkippedRow { external_id: Some(row.order_no.clone()), reason };
    if lines.is_empty() {
        return Err(skip("lines that cannot be read".to_owned()));
    }
    let at = |text: &Option<String>| -> Option<DateTime<Utc>> { times::from_beijing_text(text.as_deref()?) };
    let lines = lines.iter().enumerate().map(|(nth, line)| RemoteOrderLine {
        // Lines have no id of their own; item and code may repeat, so their place counts too.
        line_key: format!("{}/{}/{nth}", line.item, line.code.as_deref().unwrap_or_default()),
        external_item_id: Some(line.item.clone()),
        external_sku_id: None,
        sku_code: line.code.clone(),
        title: line.name.clone(),
        spec: line.spec.clone(),
        quantity: line.count,
        unit_price: line.price.as_deref().and_then(|price| money(price).ok()),
        paid: None,
        state: None,
    });
    let receiver =
        contact.map(receiver).unwrap_or_else(|| Receiver { country: row.country.clone(), ..Receiver::default() });
    Ok(RemoteOrder {
        external_id: row.order_no.clone(),
        origin: None,
        state: state(&row.status),
        wire_state: row.status.clone(),
        total: money(&row.total).map_err(|error| skip(format!("orderTotalPrice: {error}")))?,
        shipping: None,
        lines: lines.collect(),
        receiver,
        buyer: None,
        buyer_note: None,
        times: OrderTimes {
            created_at: at(&row.started),
            paid_at: at(&row.paid),
            modified_at: at(&row.updated),
            ship_before: at(&row.deadline),
            ..OrderTimes::default()
        },
        parcels: Vec::new(),
        extra: json!({}),
    })
}

fn state(word: &str) -> RemoteOrderState {
    match word {
        "101003" => RemoteOrderState::Unpaid,
        // Paid, under check.
        "102001" => RemoteOrderState::Held,
        "103001" => RemoteOrderState::PaidUnshipped,
        "103002" => RemoteOrderState::PartShipped,
        "101009" => RemoteOrderState::Shipped,
        "102111" => RemoteOrderState::Done,
        "111000" | "111111" => RemoteOrderState::Cancelled,
        _ => RemoteOrderState::Unknown,
    }
}

fn receiver(contact: &Contact) -> Receiver {
    let joined = |parts: [Option<&str>; 2], by: &str| {
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        Private::maybe_masked(Some(parts.join(by)).as_deref().filter(|text| !text.is_empty()))
    };
    Receiver {
        country: contact.country.owned(),
        province: contact.state.owned(),
        city: contact.city.owned(),
        district: None,
        postcode: contact.postal_code.owned(),
        name: joined([contact.first_name.text(), contact.last_name.text()], " "),
        phone: Private::maybe_masked(contact.telephone.text()),
        address: joined([contact.address_line1.text(), contact.address_line2.text()], ", "),
    }
}

/// An item as a cursor keeps it.
pub fn item(row: &ItemRow) -> Result<ItemHalf, SkippedRow> {
    let skip = |reason: &str| SkippedRow { external_id: row.item_code.owned(), reason: reason.to_owned() };
    Ok(ItemHalf {
        code: row.item_code.id().ok_or_else(|| skip("no itemCode"))?,
        name: row.item_name.owned().ok_or_else(|| skip("no itemName"))?,
        picture: row.item_img_url.owned(),
    })
}

/// One item with its variants.
pub fn goods(item: ItemHalf, rows: &[SkuRow]) -> Result<RemoteGoods, SkippedRow> {
    let skip = |reason: String| SkippedRow { external_id: Some(item.code.clone()), reason };
    let skus: Result<Vec<RemoteSku>, SkippedRow> = rows
        .iter()
        .map(|row| {
            let price = money(row.retail_price.text().unwrap_or_default());
            let price = price.map_err(|error| skip(format!("retailPrice: {error}")))?;
            let sku = RemoteSku::of(row.sku_id.id(), price, row.inventory.integer());
            Ok(RemoteSku { sku_code: row.sku_code.owned(), ..sku })
        })
        .collect();
    RemoteGoods::own(OwnGoods {
        external_id: item.code.clone(),
        title: item.name.clone(),
        pictures: item.picture.clone().into_iter().collect(),
        skus: skus?,
        on_sale: true,
        category_id: None,
        shop_id: None,
        extra: json!({}),
    })
}
