//! From the gateway's rows to our words.

use serde_json::json;

use super::super::amount;
use super::super::loose::Loose;
use super::super::model::{OwnGoods, RemoteGoods, RemoteSku, SkippedRow};
use super::super::order::{OrderTimes, Private, Receiver, RemoteOrder, RemoteOrderLine, RemoteOrderState};
use super::super::pacific;
use super::types::{Address, ListedProduct, OrderDetail, OrderRow, Product, Sku};

/// What is on sale is listed under this status.
const ON_SALE: &str = "onSelling";
/// Every closed order has this status, whatever closed it.
const CLOSED: &str = "FINISH";
/// Why an order was closed whose goods never left; the words are those of public clients.
const NEVER_SENT: [&str; 6] = [
    "buyer_pay_timeout",
    "buyer_cancel_notpay_order",
    "buyer_cancel_order_in_risk",
    "risk_reject_closed",
    "cancel_order_close_trade",
    "seller_send_goods_timeout",
];

/// One row of the list, without its variants; the price is the lowest.
pub fn listed(row: &ListedProduct, status: &str) -> Result<RemoteGoods, SkippedRow> {
    let skip = |reason: String| SkippedRow { external_id: row.product_id.id(), reason };
    let price = |field: &Loose| amount::money(field.text().unwrap_or_default(), &row.currency_code);
    let lowest = price(&row.product_min_price).map_err(|error| skip(format!("price: {error}")))?;
    let highest = price(&row.product_max_price).unwrap_or(lowest);
    RemoteGoods::own(OwnGoods {
        external_id: row.product_id.id().unwrap_or_default(),
        title: row.subject.owned().unwrap_or_default(),
        pictures: pictures(&row.image_u_r_ls),
        skus: vec![RemoteSku::of(None, lowest, None)],
        on_sale: status == ON_SALE,
        category_id: None,
        shop_id: None,
        extra: json!({"price_min_minor": lowest.minor, "price_max_minor": highest.minor}),
    })
}

/// One product with its variants. Stock calls name a variant by the merchant's code: where it has none,
/// `no_stock` says so.
pub fn goods(row: &Product, id: &str, status: &str) -> Result<RemoteGoods, SkippedRow> {
    let skip = |reason: String| SkippedRow { external_id: Some(id.to_owned()), reason };
    let skus: Result<Vec<RemoteSku>, SkippedRow> =
        row.aeop_ae_product_s_k_us.0.iter().map(|sku| variant(sku, &row.currency_code).map_err(skip)).collect();
    let told = row.product_status_type.text().unwrap_or(status);
    RemoteGoods::own(OwnGoods {
        external_id: id.to_owned(),
        title: row.subject.owned().unwrap_or_default(),
        pictures: pictures(&row.image_u_r_ls),
        skus: skus?,
        on_sale: told.is_empty() || told == ON_SALE,
        category_id: row.category_id.id(),
        shop_id: None,
        extra: json!({}),
    })
}

fn variant(row: &Sku, of_product: &Loose) -> Result<RemoteSku, String> {
    let currency = if row.currency_code.text().is_some() { &row.currency_code } else { of_product };
    let price = amount::money(row.sku_price.text().unwrap_or_default(), currency);
    let price = price.map_err(|error| format!("price: {error}"))?;
    let properties = row.aeop_s_k_u_property_list.0.iter();
    let specs = properties.clone().filter_map(|property| {
        let value = property.property_value_definition_name.owned().or_else(|| property.sku_property_value.owned());
        Some((property.sku_property_name.owned()?, value?))
    });
    Ok(RemoteSku {
        sku_code: row.sku_code.owned(),
        specs: specs.collect(),
        picture: properties.clone().find_map(|property| property.sku_image.owned()),
        extra: if row.sku_code.text().is_some() { json!({}) } else { json!({"no_stock": "sku_code"}) },
        ..RemoteSku::of(row.id.owned(), price, row.ipm_sku_stock.integer())
    })
}

fn pictures(field: &Loose) -> Vec<String> {
    let text = field.text().unwrap_or_default();
    text.split(';').map(str::trim).filter(|address| !address.is_empty()).map(str::to_owned).collect()
}

/// One order of the list.
pub fn order(row: &OrderRow) -> Result<RemoteOrder, SkippedRow> {
    let skip = |reason: String| SkippedRow { external_id: row.order_id.id(), reason };
    let external_id = row.order_id.id().ok_or_else(|| skip("no order_id".to_owned()))?;
    let total = row.pay_amount.money().map_err(|error| skip(format!("pay_amount: {error}")))?;
    let lines = row.product_list.0.iter().map(|line| {
        Some(RemoteOrderLine {
            line_key: line.child_id.id().or_else(|| line.order_id.id())?,
            external_item_id: line.product_id.id(),
            external_sku_id: None,
            sku_code: line.sku_code.owned(),
            title: line.product_name.owned().unwrap_or_default(),
            spec: None,
            quantity: line.product_count.integer()?,
            unit_price: line.product_unit_price.known(),
            paid: line.total_product_amount.known(),
            // A closed line may have been received or cancelled: nothing tells which of the two.
            state: line.son_order_status.text().filter(|word| *word != CLOSED).map(state),
        })
    });
    let (state, wire_state) = stands(&row.order_status, &row.end_reason, [&row.fund_status, &row.logistics_status]);
    Ok(RemoteOrder {
        external_id,
        origin: None,
        state,
        wire_state,
        // The buyer's currency, which may differ from the listing's.
        total: total.ok_or_else(|| skip("no pay_amount".to_owned()))?,
        shipping: None,
        lines: all(lines).ok_or_else(|| skip("lines that cannot be read".to_owned()))?,
        receiver: Receiver::default(),
        buyer: None,
        buyer_note: None,
        times: times(&row.gmt_create, &row.gmt_pay_time, &row.gmt_update),
        parcels: Vec::new(),
        extra: json!({}),
    })
}

/// One order by its number, with its address.
pub fn detail(row: &OrderDetail) -> Result<RemoteOrder, SkippedRow> {
    let skip = |reason: String| SkippedRow { external_id: row.id.id(), reason };
    let external_id = row.id.id().ok_or_else(|| skip("no id".to_owned()))?;
    let total = row.order_amount.money().map_err(|error| skip(format!("order_amount: {error}")))?;
    let lines = row.child_order_list.0.iter().map(|line| {
        Some(RemoteOrderLine {
            line_key: line.id.id()?,
            external_item_id: line.product_id.id(),
            external_sku_id: None,
            sku_code: line.sku_code.owned(),
            title: line.product_name.owned().unwrap_or_default(),
            spec: None,
            quantity: line.product_count.integer()?,
            unit_price: line.product_price.known(),
            paid: None,
            state: None,
        })
    });
    let (state, wire_state) =
        stands(&row.order_status, &row.order_end_reason, [&row.fund_status, &row.logistics_status]);
    Ok(RemoteOrder {
        external_id,
        origin: None,
        state,
        wire_state,
        total: total.ok_or_else(|| skip("no order_amount".to_owned()))?,
        shipping: None,
        lines: all(lines).ok_or_else(|| skip("lines that cannot be read".to_owned()))?,
        receiver: row.receipt_address.as_ref().map(receiver).unwrap_or_default(),
        buyer: None,
        buyer_note: None,
        times: times(&row.gmt_create, &row.gmt_pay_success, &row.gmt_modified),
        parcels: Vec::new(),
        extra: json!({}),
    })
}

/// All lines, or none when one cannot be read.
fn all(lines: impl Iterator<Item = Option<RemoteOrderLine>>) -> Option<Vec<RemoteOrderLine>> {
    lines.collect::<Option<Vec<_>>>().filter(|lines| !lines.is_empty())
}

fn times(created: &Loose, paid: &Loose, modified: &Loose) -> OrderTimes {
    let at = |field: &Loose| pacific::from_text(field.text()?);
    OrderTimes { created_at: at(created), paid_at: at(paid), modified_at: at(modified), ..OrderTimes::default() }
}

/// Where an order stands, and how the platform says it.
fn stands(status: &Loose, end_reason: &Loose, [fund, logistics]: [&Loose; 2]) -> (RemoteOrderState, String) {
    let word = status.text().unwrap_or_default();
    let is_unpaid = fund.text() == Some("NOT_PAY");
    let is_unsent = logistics.text() == Some("WAIT_SELLER_SEND_GOODS");
    match (word, end_reason.text()) {
        (CLOSED, Some(why)) if NEVER_SENT.contains(&why) => (RemoteOrderState::Cancelled, format!("{word}/{why}")),
        (CLOSED, None) if is_unpaid || is_unsent => (RemoteOrderState::Cancelled, word.to_owned()),
        (CLOSED, Some(why)) => (state(word), format!("{word}/{why}")),
        _ => (state(word), word.to_owned()),
    }
}

fn state(word: &str) -> RemoteOrderState {
    match word {
        "PLACE_ORDER_SUCCESS" => RemoteOrderState::Unpaid,
        "WAIT_SELLER_SEND_GOODS" => RemoteOrderState::PaidUnshipped,
        "SELLER_PART_SEND_GOODS" => RemoteOrderState::PartShipped,
        "WAIT_BUYER_ACCEPT_GOODS" => RemoteOrderState::Shipped,
        CLOSED => RemoteOrderState::Done,
        "IN_CANCEL" | "IN_ISSUE" => RemoteOrderState::Refunding,
        "RISK_CONTROL" | "IN_FROZEN" | "WAIT_SELLER_EXAMINE_MONEY" => RemoteOrderState::Held,
        _ => RemoteOrderState::Unknown,
    }
}

fn receiver(address: &Address) -> Receiver {
    let street: Vec<&str> = [address.detail_address.text(), address.address2.text()].into_iter().flatten().collect();
    Receiver {
        country: address.country.owned(),
        province: address.province.owned(),
        city: address.city.owned(),
        district: None,
        postcode: address.zip.owned(),
        name: Private::maybe_masked(address.contact_person.text()),
        phone: Private::maybe_masked(address.mobile_no.text().or(address.phone_number.text())),
        address: Private::maybe_masked(Some(street.join(", ")).as_deref().filter(|street| !street.is_empty())),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn why_an_order_was_closed_tells_a_cancelled_one_from_a_received_one() {
        let told = |list: serde_json::Value| {
            let mut row = json!({"order_id": 1, "pay_amount": {"amount": "1.00", "currency_code": "USD"},
                "product_list": [{"child_id": 2, "product_count": 1, "son_order_status": list["order_status"]}]});
            row.as_object_mut().unwrap().extend(list.as_object().unwrap().clone());
            let order = order(&serde_json::from_value::<OrderRow>(row).unwrap()).unwrap();
            (order.state, order.lines.first().unwrap().state)
        };
        for (row, state) in [
            (json!({"order_status": "FINISH", "end_reason": "cancel_order_close_trade"}), RemoteOrderState::Cancelled),
            (json!({"order_status": "FINISH", "fund_status": "NOT_PAY"}), RemoteOrderState::Cancelled),
            (
                json!({"order_status": "FINISH", "logistics_status": "WAIT_SELLER_SEND_GOODS"}),
                RemoteOrderState::Cancelled,
            ),
            (json!({"order_status": "FINISH", "end_reason": "buyer_accept_goods"}), RemoteOrderState::Done),
            (json!({"order_status": "FINISH"}), RemoteOrderState::Done),
        ] {
            assert_eq!(told(row.clone()), (state, None), "{row}");
        }
        let open = (RemoteOrderState::PaidUnshipped, Some(RemoteOrderState::PaidUnshipped));
        assert_eq!(told(json!({"order_status": "WAIT_SELLER_SEND_GOODS", "end_reason": ""})), open);
    }
}
