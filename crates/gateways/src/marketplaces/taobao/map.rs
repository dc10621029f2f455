//! From TOP's rows to our words.

use serde_json::json;

use super::super::listed::Listed;
use super::super::model::{OwnGoods, RemoteGoods, RemoteSku, SkippedRow};
use super::super::order::{
    OrderTimes, Private, Receiver, RemoteOrder, RemoteOrderLine, RemoteOrderState, RemoteParcel,
};
use super::types::{Item, Order, Sku, Trade};

/// An item as the list tells it.
pub fn listed(row: &Item) -> Listed {
    Listed {
        id: row.num_iid.id().unwrap_or_default(),
        title: row.title.owned().unwrap_or_default(),
        price: row.price.yuan().map(|price| price.minor),
        stock: row.num.integer(),
        code: row.outer_id.owned(),
        barcode: row.barcode.owned(),
        picture: row.pic_url.text().map(absolute),
        on_sale: true,
        category: row.cid.id(),
    }
}

/// One whole item.
pub fn goods(row: &Item) -> Result<RemoteGoods, SkippedRow> {
    let mut pictures: Vec<String> = row.pic_url.text().map(absolute).into_iter().collect();
    let more = row.item_imgs.iter().flat_map(|images| images.item_img.0.iter());
    for picture in more.filter_map(|image| image.url.text()).map(absolute) {
        if !pictures.contains(&picture) {
            pictures.push(picture);
        }
    }
    let mut skus: Vec<RemoteSku> = row.skus.iter().flat_map(|skus| skus.sku.0.iter()).filter_map(sku).collect();
    if skus.is_empty() {
        let price = row.price.yuan().filter(|price| price.minor > 0);
        skus.extend(price.map(|price| RemoteSku {
            sku_code: row.outer_id.owned(),
            barcode: row.barcode.owned(),
            ..RemoteSku::only(price, row.num.integer())
        }));
    }
    RemoteGoods::own(OwnGoods {
        external_id: row.num_iid.id().unwrap_or_default(),
        title: row.title.owned().unwrap_or_default(),
        pictures,
        skus,
        on_sale: row.approve_status.text().is_none_or(|status| status == "onsale"),
        category_id: row.cid.id(),
        shop_id: None,
        extra: json!({"outer_id": row.outer_id.text()}),
    })
}

fn absolute(address: &str) -> String {
    match address.strip_prefix("//") {
        Some(rest) => format!("https://{rest}"),
        None => address.to_owned(),
    }
}

fn sku(row: &Sku) -> Option<RemoteSku> {
    let price = row.price.yuan().filter(|price| price.minor > 0)?;
    Some(RemoteSku {
        sku_code: row.outer_id.owned(),
        specs: specs(row.properties_name.text().unwrap_or_default()),
        barcode: row.barcode.owned(),
        on_sale: row.status.text().is_none_or(|status| status == "normal"),
        ..RemoteSku::of(Some(row.sku_id.id()?), price, row.quantity.integer())
    })
}

/// `pid:vid:name:value;…` to names and values.
fn specs(text: &str) -> Vec<(String, String)> {
    let part = |part: &str| {
        let mut words = part.splitn(4, ':').skip(2);
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    };
    text.split(';').filter_map(part).collect()
}

/// One whole trade.
pub fn order(row: &Trade) -> Result<RemoteOrder, SkippedRow> {
    let skip = |reason: &str| SkippedRow { external_id: row.tid.owned(), reason: reason.to_owned() };
    let external_id = row.tid.id().ok_or_else(|| skip("no tid"))?;
    let total = row.payment.yuan().ok_or_else(|| skip("no readable payment"))?;
    let rows = row.orders.as_ref().map_or(&[][..], |orders| orders.order.0.as_slice());
    let lines: Vec<RemoteOrderLine> = rows.iter().filter_map(line).collect();
    if lines.len() != rows.len() || lines.is_empty() {
        return Err(skip("a line without oid or quantity"));
    }
    let mut parcels: Vec<RemoteParcel> = Vec::new();
    for parcel in rows.iter().filter_map(parcel) {
        if !parcels.contains(&parcel) {
            parcels.push(parcel);
        }
    }
    let state = state(row.status.text().unwrap_or_default());
    let claimed = rows.iter().any(|line| is_claimed(line.refund_status.text().unwrap_or_default()));
    Ok(RemoteOrder {
        external_id,
        origin: None,
        state: if claimed && state.may_be_shipped() { RemoteOrderState::Refunding } else { state },
        wire_state: row.status.owned().unwrap_or_default(),
        total,
        shipping: row.post_fee.yuan(),
        lines,
        receiver: receiver(row),
        buyer: row.buyer_open_uid.owned(),
        buyer_note: row.buyer_message.owned(),
        times: OrderTimes {
            created_at: row.created.beijing_time(),
            paid_at: row.pay_time.beijing_time(),
            shipped_at: row.consign_time.beijing_time(),
            ended_at: row.end_time.beijing_time(),
            modified_at: row.modified.beijing_time(),
            ship_before: None,
        },
        parcels,
        extra: json!({}),
    })
}

fn state(status: &str) -> RemoteOrderState {
    match status {
        "TRADE_NO_CREATE_PAY" | "WAIT_BUYER_PAY" => RemoteOrderState::Unpaid,
        "WAIT_SELLER_SEND_GOODS" => RemoteOrderState::PaidUnshipped,
        "SELLER_CONSIGNED_PART" => RemoteOrderState::PartShipped,
        "WAIT_BUYER_CONFIRM_GOODS" | "TRADE_BUYER_SIGNED" => RemoteOrderState::Shipped,
        "TRADE_FINISHED" => RemoteOrderState::Done,
        "TRADE_CLOSED" | "TRADE_CLOSED_BY_TAOBAO" => RemoteOrderState::Cancelled,
        "PAY_PENDING" | "WAIT_PRE_AUTH_CONFIRM" | "PAID_FORBID_CONSIGN" => RemoteOrderState::Held,
        _ => RemoteOrderState::Unknown,
    }
}

fn is_claimed(refund: &str) -> bool {
    matches!(refund, "WAIT_SELLER_AGREE" | "WAIT_BUYER_RETURN_GOODS" | "WAIT_SELLER_CONFIRM_GOODS" | "SUCCESS")
}

fn line(row: &Order) -> Option<RemoteOrderLine> {
    let state = state(row.status.text().unwrap_or_default());
    Some(RemoteOrderLine {
        line_key: row.oid.id()?,
        external_item_id: row.num_iid.id(),
        external_sku_id: row.sku_id.id(),
        sku_code: row.outer_sku_id.owned().or_else(|| row.outer_iid.owned()),
        title: row.title.owned().unwrap_or_default(),
        spec: row.sku_properties_name.owned(),
        quantity: row.num.integer().filter(|count| *count > 0)?,
        unit_price: row.price.yuan(),
        paid: row.payment.yuan(),
        state: row.status.text().map(|_| state),
    })
}

fn parcel(row: &Order) -> Option<RemoteParcel> {
    let tracking_number = row.invoice_no.owned()?;
    Some(RemoteParcel { carrier: row.logistics_company.owned(), tracking_number })
}

fn receiver(row: &Trade) -> Receiver {
    Receiver {
        country: row.receiver_country.owned(),
        province: row.receiver_state.owned(),
        city: row.receiver_city.owned(),
        district: row.receiver_district.owned(),
        postcode: row.receiver_zip.owned(),
        name: guarded(row.receiver_name.text()),
        phone: guarded(row.receiver_mobile.text().or(row.receiver_phone.text())),
        address: guarded(row.receiver_address.text()),
    }
}

/// Sealed texts begin and end in a sign that no name or number has.
fn guarded(text: Option<&str>) -> Private {
    match text {
        Some(cipher) if cipher.len() > 2 && cipher.starts_with(['~', '$']) && cipher.ends_with(['~', '$']) => {
            Private::Sealed { cipher: cipher.to_owned(), mask: None }
        }
        text => Private::maybe_masked(text),
    }
}
