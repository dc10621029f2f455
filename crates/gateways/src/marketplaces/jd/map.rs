//! From JOS's rows to our words.

use serde_json::json;

use super::super::listed::{Listed, id_of};
use super::super::loose::Loose;
use super::super::model::{OwnGoods, RemoteGoods, RemoteSku, SkippedRow};
use super::super::order::{
    OrderTimes, Private, Receiver, RemoteOrder, RemoteOrderLine, RemoteOrderState, RemoteParcel,
};
use super::types::{Consignee, ItemRow, OrderRow, Sku, Ware};

/// Where pictures lie whose address has no host.
const PICTURES: &str = "https://img10.360buyimg.com/n1/";
/// The status of a ware on sale.
const ON_SALE: &str = "8";

fn is_on_sale(status: &Loose) -> bool {
    status.text().is_none_or(|status| status == ON_SALE)
}

fn absolute(address: &str) -> String {
    match address.strip_prefix("//") {
        Some(rest) => format!("https://{rest}"),
        None if address.contains("://") => address.to_owned(),
        None => format!("{PICTURES}{address}"),
    }
}

/// A ware as the list tells it.
pub fn listed(row: &Ware) -> Listed {
    Listed {
        id: row.ware_id.id().unwrap_or_default(),
        title: row.title.owned().unwrap_or_default(),
        price: row.jd_price.yuan().map(|price| price.minor),
        stock: row.stock_num.integer(),
        code: row.outer_id.owned(),
        barcode: row.barcode.owned(),
        picture: row.logo.text().map(absolute),
        on_sale: is_on_sale(&row.ware_status),
        category: row.category_id.id(),
    }
}

/// A ware of its variants; title and picture are the list's where it told them.
pub fn goods(listed: &str, rows: &[Sku]) -> Result<RemoteGoods, SkippedRow> {
    let told = Listed::parse(listed).unwrap_or(Listed { on_sale: true, ..Listed::default() });
    let of_row = || rows.iter().find_map(|row| row.ware_title.owned().or_else(|| row.sku_name.owned()));
    let picture = told.picture.or_else(|| rows.iter().find_map(|row| row.logo.text().map(absolute)));
    RemoteGoods::own(OwnGoods {
        external_id: id_of(listed).to_owned(),
        title: Some(told.title).filter(|title| !title.is_empty()).or_else(of_row).unwrap_or_default(),
        pictures: picture.into_iter().collect(),
        skus: rows.iter().filter_map(sku).collect(),
        on_sale: told.on_sale,
        category_id: told.category.or_else(|| rows.iter().find_map(|row| row.category_id.id())),
        shop_id: None,
        extra: json!({}),
    })
}

fn sku(row: &Sku) -> Option<RemoteSku> {
    let price = row.jd_price.yuan().filter(|price| price.minor > 0)?;
    let specs = row.sale_attrs.0.iter().map(|attribute| {
        let values: Vec<&str> = attribute.attr_value_alias.0.iter().filter_map(Loose::text).collect();
        (attribute.attr_name.owned().unwrap_or_else(|| "规格".to_owned()), values.join("/"))
    });
    Some(RemoteSku {
        sku_code: row.outer_id.owned(),
        specs: specs.filter(|(_, value)| !value.is_empty()).collect(),
        barcode: row.bar_code.owned(),
        picture: row.logo.text().map(absolute),
        on_sale: row.status.text().is_none_or(|status| status == "1"),
        ..RemoteSku::of(Some(row.sku_id.id()?), price, row.stock_num.integer())
    })
}

/// One order of the search or alone.
pub fn order(row: &OrderRow) -> Result<RemoteOrder, SkippedRow> {
    let skip = |reason: &str| SkippedRow { external_id: row.order_id.owned(), reason: reason.to_owned() };
    let external_id = row.order_id.id().ok_or_else(|| skip("no orderId"))?;
    let total = row.order_payment.yuan().ok_or_else(|| skip("no readable orderPayment"))?;
    let rows = &row.item_info_list.0;
    let lines: Vec<RemoteOrderLine> = rows.iter().filter_map(line).collect();
    if lines.len() != rows.len() || lines.is_empty() {
        return Err(skip("a line without skuId or quantity"));
    }
    let status = row.order_state.text().unwrap_or_default();
    let number = row.waybill.owned();
    Ok(RemoteOrder {
        external_id,
        origin: None,
        state: state(status),
        wire_state: row.order_state_remark.owned().unwrap_or_else(|| status.to_owned()),
        total,
        shipping: row.freight_price.yuan(),
        lines,
        receiver: row.consignee_info.as_ref().map(receiver).unwrap_or_default(),
        buyer: row.open_id_buyer.owned(),
        buyer_note: row.order_remark.owned(),
        times: OrderTimes {
            created_at: row.order_start_time.beijing_time(),
            paid_at: row.payment_confirm_time.beijing_time(),
            shipped_at: None,
            ended_at: row.order_end_time.beijing_time(),
            modified_at: row.modified.beijing_time(),
            ship_before: None,
        },
        parcels: number
            .map(|tracking_number| RemoteParcel { carrier: row.logistics_id.id(), tracking_number })
            .into_iter()
            .collect(),
        extra: json!({}),
    })
}

fn state(status: &str) -> RemoteOrderState {
    match status {
        "NOT_PAY" => RemoteOrderState::Unpaid,
        "WAIT_SELLER_STOCK_OUT" | "WAIT_SELLER_DELIVERY" | "WAIT_SEND_CODE" => RemoteOrderState::PaidUnshipped,
        "WAIT_GOODS_RECEIVE_CONFIRM" => RemoteOrderState::Shipped,
        "FINISHED_L" | "FINISHED" => RemoteOrderState::Done,
        "TRADE_CANCELED" => RemoteOrderState::Cancelled,
        "LOCKED" | "PAUSE" | "POP_ORDER_PAUSE" => RemoteOrderState::Held,
        _ => RemoteOrderState::Unknown,
    }
}

fn line(row: &ItemRow) -> Option<RemoteOrderLine> {
    let sku = row.sku_id.id()?;
    Some(RemoteOrderLine {
        // JD has no id of a line; a variant appears once in an order.
        line_key: sku.clone(),
        external_item_id: row.ware_id.id(),
        external_sku_id: Some(sku),
        sku_code: row.outer_sku_id.owned(),
        title: row.sku_name.owned().unwrap_or_default(),
        spec: None,
        quantity: row.item_total.integer().filter(|count| *count > 0)?,
        unit_price: row.jd_price.yuan(),
        paid: None,
        state: None,
    })
}

/// Sealed texts are long and hold nothing that a name, number or address begins with.
fn receiver(row: &Consignee) -> Receiver {
    Receiver {
        country: None,
        province: row.province.owned(),
        city: row.city.owned(),
        district: row.county.owned(),
        postcode: None,
        name: guarded(&row.fullname),
        phone: guarded(if row.mobile.text().is_some() { &row.mobile } else { &row.telephone }),
        address: guarded(&row.full_address),
    }
}

/// JD hands out base64 of a sealed text, longer than any name; otherwise starred or plain.
fn guarded(datum: &Loose) -> Private {
    let is_base64 = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte));
    match datum.text() {
        Some(text) if text.len() >= 32 && is_base64(text) => Private::sealed(Some(text), None),
        text => Private::maybe_masked(text),
    }
}
