//! From the gateway's rows to our words.

use serde_json::json;

use super::super::error::ApiError;
use super::super::model::{OwnGoods, RemoteGoods, RemoteSku, SkippedRow, unnamed_specs};
use super::super::order::{
    OrderTimes, Private, Receiver, RemoteOrder, RemoteOrderLine, RemoteOrderState, RemoteParcel,
};
use super::types::{GoodsRow, ItemRow, ListedGoods, OrderRow, SkuRow};

/// An item of the list: its id and, behind a space, its picture.
pub fn listed(row: &ListedGoods) -> Result<String, SkippedRow> {
    let id = row.goods_id.id();
    let id = id.ok_or_else(|| SkippedRow { external_id: None, reason: "no goods_id".to_owned() })?;
    Ok(match row.image_url.text() {
        Some(picture) => format!("{id} {picture}"),
        None => id,
    })
}

/// What [`listed`] wrote, or a bare id.
pub fn id_and_picture(ids: &[String]) -> Result<(&str, Option<&str>), ApiError> {
    let listed = ids.first().ok_or_else(|| ApiError::bad_request("no id to ask for"))?;
    Ok(listed.split_once(' ').map_or((listed.as_str(), None), |(id, picture)| (id, Some(picture))))
}

/// One item. The price is the group price, the one buyers see.
pub fn goods(row: &GoodsRow, picture: Option<&str>) -> Result<RemoteGoods, SkippedRow> {
    let picture = row.image_url.text().or(picture).map(str::to_owned);
    RemoteGoods::own(OwnGoods {
        external_id: row.goods_id.id().unwrap_or_default(),
        title: row.goods_name.owned().unwrap_or_default(),
        pictures: picture.into_iter().collect(),
        skus: row.sku_list.0.iter().filter_map(sku).collect(),
        on_sale: row.is_onsale.is_true(),
        category_id: row.cat_id.id(),
        shop_id: None,
        extra: json!({}),
    })
}

/// One variant; one without id or price cannot be sold and is left out.
fn sku(row: &SkuRow) -> Option<RemoteSku> {
    let price = row.group_price.yuan().filter(|price| price.minor > 0)?;
    Some(RemoteSku {
        sku_code: row.outer_id.owned(),
        specs: unnamed_specs(row.spec.text().unwrap_or_default()),
        picture: row.sku_img.owned(),
        on_sale: row.is_sku_onsale.is_true(),
        extra: json!({"single_price": row.single_price.text()}),
        ..RemoteSku::of(Some(row.sku_id.id()?), price, row.sku_quantity.integer())
    })
}

/// One order of a list or a detail.
pub fn order(row: &OrderRow) -> Result<RemoteOrder, SkippedRow> {
    let skip = |reason: &str| SkippedRow { external_id: row.order_sn.owned(), reason: reason.to_owned() };
    let external_id = row.order_sn.owned().ok_or_else(|| skip("no order_sn"))?;
    let total = row.pay_amount.yuan().ok_or_else(|| skip("no readable pay_amount"))?;
    let mut lines: Vec<RemoteOrderLine> = row.item_list.0.iter().filter_map(line).collect();
    if lines.len() != row.item_list.0.len() || lines.is_empty() {
        return Err(skip("a line without id or quantity"));
    }
    let shipping = row.postage.yuan();
    // Orders have one line as a rule; then it is what the buyer pays less the shipping.
    if let [alone] = lines.as_mut_slice() {
        let goods = total.minor.checked_sub(shipping.map_or(0, |money| money.minor));
        alone.paid = goods.filter(|minor| *minor >= 0).map(|minor| super::super::money::Money { minor, ..total });
    }
    let number = row.tracking_number.owned();
    Ok(RemoteOrder {
        external_id,
        origin: None,
        state: state(row),
        wire_state: wire_state(row),
        total,
        shipping,
        lines,
        receiver: receiver(row),
        buyer: None,
        buyer_note: row.buyer_memo.owned(),
        times: OrderTimes {
            created_at: row.created_time.beijing_time(),
            paid_at: row.pay_time.beijing_time(),
            shipped_at: row.shipping_time.beijing_time(),
            ended_at: row.receive_time.beijing_time(),
            modified_at: row.updated_at.beijing_time(),
            ship_before: row.last_ship_time.beijing_time(),
        },
        parcels: number
            .map(|tracking_number| RemoteParcel { carrier: row.logistics_id.id(), tracking_number })
            .into_iter()
            .collect(),
        extra: json!({"platform_discount": row.platform_discount.text()}),
    })
}

/// Money going back and risk come before the way of the goods: what they concern is not sent.
fn state(row: &OrderRow) -> RemoteOrderState {
    use RemoteOrderState as State;
    let number = |loose: &super::super::loose::Loose| loose.integer();
    let (confirmed, group) = (number(&row.confirm_status), number(&row.group_status));
    if confirmed == Some(2) || group == Some(2) {
        return State::Cancelled;
    }
    let refund = number(&row.refund_status);
    if refund == Some(4) || number(&row.after_sales_status) == Some(10) {
        return State::Cancelled;
    }
    if number(&row.risk_control_status).is_some_and(|risk| risk != 0) {
        return State::Held;
    }
    if matches!(refund, Some(2 | 3)) {
        return State::Refunding;
    }
    // Until the group has formed nothing is to be sent.
    if confirmed == Some(0) || group == Some(0) {
        return State::Held;
    }
    match number(&row.order_status) {
        Some(1) => State::PaidUnshipped,
        Some(2) => State::Shipped,
        Some(3) => State::Done,
        _ => State::Unknown,
    }
}

fn wire_state(row: &OrderRow) -> String {
    let word = |loose: &super::super::loose::Loose| loose.owned().unwrap_or_else(|| "-".to_owned());
    format!(
        "order {} refund {} after-sales {} confirm {} group {} risk {}",
        word(&row.order_status),
        word(&row.refund_status),
        word(&row.after_sales_status),
        word(&row.confirm_status),
        word(&row.group_status),
        word(&row.risk_control_status)
    )
}

fn line(row: &ItemRow) -> Option<RemoteOrderLine> {
    let sku = row.sku_id.id();
    let item = row.goods_id.id();
    Some(RemoteOrderLine {
        // The platform has no id of a line; a variant appears once in an order.
        line_key: sku.clone().or_else(|| item.clone())?,
        external_item_id: item,
        external_sku_id: sku,
        sku_code: row.outer_id.owned(),
        title: row.goods_name.owned().unwrap_or_default(),
        spec: row.goods_spec.owned(),
        quantity: row.goods_count.integer().filter(|count| *count > 0)?,
        unit_price: row.goods_price.yuan(),
        paid: None,
        state: None,
    })
}

/// Name, phone and address are sealed while the order is to be sent, and else not told.
fn receiver(row: &OrderRow) -> Receiver {
    Receiver {
        country: row.country.owned(),
        province: row.province.owned(),
        city: row.city.owned(),
        district: row.town.owned(),
        postcode: None,
        name: Private::sealed(row.receiver_name.text(), row.receiver_name_mask.text()),
        phone: Private::sealed(row.receiver_phone.text(), row.receiver_phone_mask.text()),
        address: Private::sealed(row.receiver_address.text(), row.receiver_address_mask.text()),
    }
}
