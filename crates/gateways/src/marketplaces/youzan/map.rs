//! From Youzan's rows to our words.

use serde_json::json;

use super::super::listed::Listed;
use super::super::loose::Loose;
use super::super::model::{OwnGoods, RemoteGoods, RemoteSku, SkippedRow, named_specs};
use super::super::order::{OrderTimes, Private, Receiver, RemoteOrder, RemoteOrderLine, RemoteOrderState};
use super::types::{AddressInfo, Detail, ItemRow, LineRow, OrderInfo, Property, SkuRow, Trade};

/// An item of the list.
pub fn listed(row: &ItemRow) -> Listed {
    Listed {
        id: row.item_id.id().unwrap_or_default(),
        title: row.title.owned().unwrap_or_default(),
        price: row.price.integer(),
        stock: row.quantity.integer(),
        code: row.item_no.owned(),
        barcode: None,
        picture: row.image.owned(),
        on_sale: true,
        category: None,
    }
}

/// One item with its variants; what the detail leaves out is the list's.
pub fn goods(row: &Detail, told: Option<Listed>) -> Result<RemoteGoods, SkippedRow> {
    let told = told.unwrap_or_default();
    let mut pictures: Vec<String> =
        row.images.0.iter().chain(&row.item_imgs.0).filter_map(|image| image.url.owned()).collect();
    if pictures.is_empty() {
        pictures.extend(told.picture.clone());
    }
    let mut skus: Vec<RemoteSku> = row.sku_list.0.iter().chain(&row.skus.0).filter_map(sku).collect();
    if skus.is_empty() {
        let price = row.price.fen_money().filter(|price| price.minor > 0);
        let quantity = row.quantity.integer().or(told.stock);
        let code = row.item_no.owned().or_else(|| told.code.clone());
        skus.extend(price.map(|price| RemoteSku { sku_code: code, ..RemoteSku::only(price, quantity) }));
    }
    if skus.is_empty() {
        return told.goods();
    }
    RemoteGoods::own(OwnGoods {
        external_id: row.item_id.id().unwrap_or(told.id),
        title: row.title.owned().unwrap_or(told.title),
        pictures,
        skus,
        on_sale: row.is_listing.text().is_none_or(|_| row.is_listing.is_true()),
        category_id: None,
        shop_id: None,
        extra: json!({}),
    })
}

fn sku(row: &SkuRow) -> Option<RemoteSku> {
    let price = row.price.fen_money().filter(|price| price.minor > 0)?;
    let codes = [&row.sku_no, &row.outer_sku_id, &row.item_no];
    let quantity = row.quantity.integer().or_else(|| row.stock_num.integer());
    Some(RemoteSku {
        sku_code: codes.into_iter().find_map(Loose::owned),
        specs: specs(&row.properties_name_json),
        barcode: row.sku_barcode.owned().or_else(|| row.barcode.owned()),
        ..RemoteSku::of(row.sku_id.id(), price, quantity)
    })
}

fn specs(text: &Loose) -> Vec<(String, String)> {
    let text = text.text().unwrap_or_default();
    let Ok(properties) = serde_json::from_str::<Vec<Property>>(text) else { return named_specs(text) };
    let named = properties.iter().filter_map(|property| Some((property.k.owned()?, property.v.owned()?)));
    named.collect()
}

/// One order.
pub fn order(row: &Trade) -> Result<RemoteOrder, SkippedRow> {
    let info = &row.order_info;
    let skip = |reason: &str| SkippedRow { external_id: info.tid.owned(), reason: reason.to_owned() };
    let external_id = info.tid.id().ok_or_else(|| skip("no tid"))?;
    let total = row.pay_info.payment.yuan().ok_or_else(|| skip("no readable payment"))?;
    let lines: Vec<RemoteOrderLine> = row.orders.0.iter().filter_map(line).collect();
    if lines.len() != row.orders.0.len() || lines.is_empty() {
        return Err(skip("a line without oid or quantity"));
    }
    Ok(RemoteOrder {
        external_id,
        origin: None,
        state: state(info),
        wire_state: info.status_str.owned().or_else(|| info.status.owned()).unwrap_or_default(),
        total,
        shipping: row.pay_info.post_fee.yuan(),
        lines,
        receiver: row.address_info.as_ref().map(receiver).unwrap_or_default(),
        buyer: row.buyer_info.as_ref().and_then(|buyer| buyer.yz_open_id.owned()),
        buyer_note: row.remark_info.as_ref().and_then(|remark| remark.buyer_message.owned()),
        times: OrderTimes {
            created_at: info.created.beijing_time(),
            paid_at: info.pay_time.beijing_time(),
            shipped_at: info.consign_time.beijing_time(),
            ended_at: info.success_time.beijing_time(),
            modified_at: info.update_time.beijing_time(),
            ship_before: None,
        },
        parcels: Vec::new(),
        // 0 express, 1 pick-up, 2 same city, 9 none: only the first is shipped by us.
        extra: json!({"express_type": info.express_type.text(), "node_kdt_id": info.node_kdt_id.text()}),
    })
}

fn state(info: &OrderInfo) -> RemoteOrderState {
    let state = match info.status.text().unwrap_or_default() {
        "WAIT_BUYER_PAY" => RemoteOrderState::Unpaid,
        // Just paid, or the group has not formed yet.
        "TRADE_PAID" | "WAIT_CONFIRM" => RemoteOrderState::Held,
        "WAIT_SELLER_SEND_GOODS" => RemoteOrderState::PaidUnshipped,
        "WAIT_BUYER_CONFIRM_GOODS" => RemoteOrderState::Shipped,
        "TRADE_SUCCESS" => RemoteOrderState::Done,
        "TRADE_CLOSED" => RemoteOrderState::Cancelled,
        _ => RemoteOrderState::Unknown,
    };
    match info.refund_state.integer().unwrap_or(0) {
        0 => state,
        12 => RemoteOrderState::Cancelled,
        _ if state.may_be_shipped() => RemoteOrderState::Refunding,
        _ => state,
    }
}

fn line(row: &LineRow) -> Option<RemoteOrderLine> {
    Some(RemoteOrderLine {
        line_key: row.oid.id()?,
        external_item_id: row.item_id.id(),
        external_sku_id: row.sku_id.id(),
        sku_code: row.outer_sku_id.owned().or_else(|| row.outer_item_id.owned()),
        title: row.title.owned().unwrap_or_default(),
        spec: row.sku_properties_name.owned(),
        quantity: row.num.integer().filter(|count| *count > 0)?,
        unit_price: row.price.yuan(),
        paid: row.payment.yuan(),
        state: None,
    })
}

fn receiver(row: &AddressInfo) -> Receiver {
    Receiver {
        country: None,
        province: row.delivery_province.owned(),
        city: row.delivery_city.owned(),
        district: row.delivery_district.owned(),
        postcode: row.delivery_postal_code.owned(),
        name: guarded(&row.receiver_name),
        phone: guarded(&row.receiver_tel),
        address: guarded(&row.delivery_address),
    }
}

/// Sealed texts begin with `$` and end with `$1$`.
fn guarded(datum: &Loose) -> Private {
    match datum.text() {
        Some(text) if text.starts_with('$') && text.ends_with("$1$") => Private::sealed(Some(text), None),
        text => Private::maybe_masked(text),
    }
}
