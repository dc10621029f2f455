//! From Weimob's rows to our words.

use serde_json::json;

use super::super::account::Account;
use super::super::listed::Listed;
use super::super::model::{OwnGoods, RemoteGoods, RemoteSku, SkippedRow};
use super::super::order::{OrderTimes, Private, Receiver, RemoteOrder, RemoteOrderLine};
use super::super::order_states;
use super::types::{Goods, GoodsRow, ItemRow, OrderInfo, ReceiverInfo, SkuRow};

/// An item of the list.
pub fn listed(row: &GoodsRow) -> Listed {
    let price = row.goods_price.as_ref().and_then(|price| price.min_sale_price.yuan());
    Listed {
        id: row.goods_id.id().unwrap_or_default(),
        title: row.title.owned().unwrap_or_default(),
        price: price.map(|price| price.minor),
        stock: row.goods_stock.as_ref().and_then(|stock| stock.goods_stock_num.integer()),
        code: row.outer_goods_code.owned(),
        barcode: None,
        picture: row.default_image_url.owned(),
        on_sale: row.is_online.text().is_none_or(|_| row.is_online.is_true()),
        category: None,
    }
}

/// The goods as the list tells them, with the span of their prices.
pub fn overview(row: &GoodsRow) -> Result<RemoteGoods, SkippedRow> {
    let mut goods = listed(row).goods()?;
    let highest = row.goods_price.as_ref().and_then(|price| price.max_sale_price.yuan());
    let highest = highest.map_or(goods.price.minor, |price| price.minor);
    goods.extra = json!({"price_min_minor": goods.price.minor, "price_max_minor": highest});
    Ok(goods)
}

/// One item with its variants; what it leaves out is the list's.
pub fn goods(row: &Goods, rows: &[SkuRow], told: Option<Listed>) -> Result<RemoteGoods, SkippedRow> {
    let told = told.unwrap_or(Listed { on_sale: true, ..Listed::default() });
    let mut pictures: Vec<String> = row.goods_image_url.0.iter().filter_map(|image| image.owned()).collect();
    if pictures.is_empty() {
        pictures.extend(told.picture);
    }
    RemoteGoods::own(OwnGoods {
        external_id: row.goods_id.id().unwrap_or(told.id),
        title: row.title.owned().unwrap_or(told.title),
        pictures,
        skus: rows.iter().filter_map(sku).collect(),
        on_sale: if row.is_online.text().is_some() { row.is_online.is_true() } else { told.on_sale },
        category_id: None,
        shop_id: None,
        extra: json!({}),
    })
}

fn sku(row: &SkuRow) -> Option<RemoteSku> {
    let price = row.sale_price.yuan().filter(|price| price.minor > 0)?;
    let spec = |spec: &super::types::Spec| Some((spec.spec_name.owned()?, spec.spec_value_name.owned()?));
    Some(RemoteSku {
        sku_code: row.outer_sku_code.owned(),
        specs: row.sku_spec_list.0.iter().filter_map(spec).collect(),
        barcode: row.sku_bar_code.owned(),
        picture: row.image_url.owned(),
        ..RemoteSku::of(Some(row.sku_id.id()?), price, row.sku_stock_num.integer())
    })
}

/// One order.
pub fn order(account: &Account, row: Option<&OrderInfo>) -> Result<RemoteOrder, SkippedRow> {
    let nothing = || SkippedRow { external_id: None, reason: "no orderInfo".to_owned() };
    let row = row.ok_or_else(nothing)?;
    let base = &row.order_base_info;
    let skip = |reason: &str| SkippedRow { external_id: base.order_no.owned(), reason: reason.to_owned() };
    let external_id = base.order_no.id().ok_or_else(|| skip("no orderNo"))?;
    let total = row.pay_info.pay_amount.yuan().or_else(|| row.pay_info.should_pay_amount.yuan());
    let total = total.ok_or_else(|| skip("no readable payAmount"))?;
    let lines: Vec<RemoteOrderLine> = row.items.0.iter().filter_map(line).collect();
    if lines.len() != row.items.0.len() || lines.is_empty() {
        return Err(skip("a line without id or quantity"));
    }
    let number = base.order_status.text().unwrap_or_default();
    let receiver_info = row.order_fulfill.as_ref().and_then(|fulfil| fulfil.receiver_info.as_ref());
    Ok(RemoteOrder {
        external_id,
        origin: None,
        state: order_states::of(account, number),
        wire_state: base.order_status_name.owned().unwrap_or_else(|| number.to_owned()),
        total,
        shipping: None,
        lines,
        receiver: receiver_info.map(receiver).unwrap_or_default(),
        buyer: None,
        buyer_note: base.buyer_remark.owned(),
        times: OrderTimes {
            created_at: base.create_time.unix_millis(),
            paid_at: base.pay_time.unix_millis(),
            modified_at: base.update_time.unix_millis(),
            ..OrderTimes::default()
        },
        parcels: Vec::new(),
        extra: json!({}),
    })
}

fn line(row: &ItemRow) -> Option<RemoteOrderLine> {
    let sku = row.sku_id.id();
    Some(RemoteOrderLine {
        line_key: row.item_id.id().or_else(|| sku.clone())?,
        external_item_id: row.goods_id.id(),
        external_sku_id: sku,
        sku_code: row.sku_code.owned(),
        title: row.goods_title.owned().unwrap_or_default(),
        spec: row.sku_name.owned(),
        quantity: row.sku_num.integer().filter(|count| *count > 0)?,
        unit_price: row.sale_price.yuan(),
        paid: None,
        state: None,
    })
}

fn receiver(row: &ReceiverInfo) -> Receiver {
    Receiver {
        country: None,
        province: row.province.owned(),
        city: row.city.owned(),
        district: row.county.owned(),
        postcode: None,
        name: Private::maybe_masked(row.name.text()),
        phone: Private::maybe_masked(row.phone.text()),
        address: Private::maybe_masked(row.address.text()),
    }
}
